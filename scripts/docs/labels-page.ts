import {
  LABELS_PER_CONTAINER_MAX,
  ROUTES_PER_CONTAINER_MAX,
} from '../../packages/shared/src/kernel/limits.ts'
import { type Clash, clashes, sayings } from '../../packages/master/src/core/routes/clashes.ts'
import {
  containerFields,
  laterContainerWords,
  laterRouteWords,
  laterStreamWords,
  routeFields,
  shortFields,
  streamFieldsOf,
} from '../../packages/master/src/core/routes/label-keys.ts'
import {
  containerKeys,
  headerKey,
  type Meaning,
  RELOADING_KEYS,
  routeKeys,
} from './label-meanings.ts'
import { code, page, table, type Page } from './page.ts'
import { streamKeys } from './stream-meanings.ts'

const HEADS = ['Key', 'Form', 'Example', 'Meaning']
const SOURCE =
  '[label-keys.ts](../packages/master/src/core/routes/label-keys.ts) and' +
  ' [label-meanings.ts](../scripts/docs/label-meanings.ts)'

export function labelsPage(): Page {
  const short = shortFields.map((field): readonly [string, Meaning] => [field, routeKeys[field]])
  return page('docs/labels.md', 'Labels', SOURCE, [
    'What a container may ask for, by labels set on the container itself: labels of its image claim' +
      ` no names. The list is closed. A key that is not on it refuses what it belongs to, with` +
      ' `unknown-key` and the nearest known one; [reasons.md](reasons.md) has all reasons.',
    'Every row of the tables below does what it says and is a [test](../test/golden/rows.test.ts);' +
      ' [what it makes of nginx](../test/golden/rows/roadstead.txt) can be read line by line. What is not' +
      ' done yet, or never together, stands at the end.',
    '## In short',
    'One route, of the name `default`, and what holds for the whole container.',
    table(HEADS, rows('roadstead.', [...short, ...Object.entries(containerKeys)])),
    '## Several routes',
    `Each has a name of its own, here \`api\`: 1 to 40 of a-z, 0-9 and \`-\`. At most` +
      ` ${ROUTES_PER_CONTAINER_MAX} routes and ${LABELS_PER_CONTAINER_MAX} labels a container.`,
    table(
      HEADS,
      rows('roadstead.http.api.', [...Object.entries(routeKeys), [headerKey.key, headerKey]]),
    ),
    'Containers that serve a route together have to ask for it in the same way: whoever asks otherwise' +
      ' than its holder is told `conflict-held`, with the key on which they differ. What a container' +
      ' says of itself (`weight`, `backup`, `max-conns`, `network`, `address`) is its own.',
    'A refused route that keeps somebody out, or has a key that is not understood, refuses the wider routes' +
      ' of its container too, with `beside-refused`: a misspelt `allow` of `/admin` does not leave `/admin`' +
      ' to the route for all of the name.',
    '## When a container gets requests',
    'With a HEALTHCHECK as soon as that passes, and nobody tries the port before: a check that passes' +
      ' before the program listens sends it visitors whom it cannot answer, who are passed on to others' +
      ' or get 502, until the checks of the edges leave it out. Let the HEALTHCHECK ask the port. Without' +
      ' one, as soon as the port accepts a connection.',
    '## What a change costs',
    'In the live tier of an edge most changes are pushed into the memory of the running nginx: containers' +
      ' that come and go, names, paths, and whatever the other keys say. Routes whose containers set one of' +
      ` the following are text, and so are all routes of the same name: ${reloading()}. When such a route` +
      ' comes, goes or says something else, nginx reads its text anew, which takes a tenth of a second and' +
      ' closes idle connections; its containers come and go by push all the same. A port for TCP or UDP is' +
      ' text with its containers. In the reload tier everything is text.',
    '## TCP and UDP',
    'Ports of the edges are routes, too: connections and datagrams are passed on as they are. A route has' +
      ' a name of its own, here `db` and `dns`; containers of one service share it, and the first service' +
      ' that asks for a port of a protocol holds it at every edge.',
    table(HEADS, [...streamRows('tcp', 'db'), ...streamRows('udp', 'dns')]),
    'Of the keys for the whole container `service`, `port`, `weight`, `backup`, `balance`,' +
      ' `sticky=address`, `max-conns`, `slow-start`, `network`, `address` and `drain` count here as well;' +
      ' `hold`, `health.…` and `sticky=cookie` are for its other routes, and `roadstead explain` remarks on' +
      ' them. A container with a HEALTHCHECK is routed when it is healthy, one without when its TCP port' +
      ' accepts a connection; of a UDP port nobody can tell, so it is believed. An edge whose nginx lacks' +
      ' its stream module, or whose machine has given the port to somebody else, says so in' +
      ' `roadstead explain tcp:5432` and serves all else.',
    ...notTogether(),
    ...planned(),
  ])
}

function reloading(): string {
  const names = RELOADING_KEYS.map((key) =>
    code(key.startsWith('headers.') ? 'headers.set.…' : key),
  )
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

function notTogether(): readonly string[] {
  return [
    '## Not together',
    'A route that asks for both is refused with `incompatible-keys`.',
    table(
      ['Key', 'Key', 'Why'],
      ourClashes().map(({ keys: [one, other], why }) => [code(one), code(other), why]),
    ),
  ]
}

function planned(): readonly string[] {
  return [
    '## Planned',
    'These are answered with `key-later` and not skipped: a route that quietly lacks a restriction is' +
      ' worse than none.',
    table(
      ['Key', 'Refuses'],
      [
        ...laterContainerWords.map((word) => [code(`roadstead.${word}`), 'the container']),
        ...laterRouteWords.map((word) => [code(`roadstead.http.api.${word}`), 'the route `api`']),
        [code('roadstead.http.*.…'), 'the container'],
        ...laterStreamWords.map((word) => [
          code(`roadstead.tcp.api.${word}`),
          'the route `tcp.api`',
        ]),
      ],
    ),
  ]
}

function rows(before: string, entries: readonly (readonly [string, Meaning])[]): string[][] {
  return entries.map(([field, { example, form, meaning }]) => {
    return [code(before + field), form, code(`${before}${field}=${example}`), meaning]
  })
}

function streamRows(protocol: 'tcp' | 'udp', name: string): string[][] {
  const fields = streamFieldsOf[protocol].toSorted()
  return rows(
    `roadstead.${protocol}.${name}.`,
    fields.map((field) => [field, streamKeys[field]] as const),
  )
}

/** Those that labels of ours can come into; other languages can say more. */
function ourClashes(): readonly Clash[] {
  const ours = new Set<string>([...routeFields, ...containerFields])
  return [...clashes, ...sayings].filter(({ keys }) => keys.every((key) => ours.has(key)))
}
