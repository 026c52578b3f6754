import {
  DOMAINS_PER_LABEL_MAX,
  LABELS_PER_CONTAINER_MAX,
  ROUTES_PER_CONTAINER_MAX,
} from '../../packages/shared/src/kernel/limits.ts'
import {
  type ContainerField,
  laterContainerWords,
  laterRouteWords,
  type RouteField,
  shortFields,
} from '../../packages/master/src/core/routes/label-keys.ts'
import {
  DRAIN,
  durationText,
  HOLD,
  SLOW_START,
} from '../../packages/master/src/core/routes/durations.ts'
import { code, page, table, type Page } from './page.ts'

interface Meaning {
  /** What may be written, in words. */
  readonly form: string
  readonly example: string
  readonly meaning: string
}

const PORT: Meaning = {
  form: 'a number from 1 to 65535, in digits',
  example: '8080',
  meaning:
    'Where the program in the container listens. Needed when the image exposes none or several.',
}

const DURATION = 'a whole number with `ms`, `s` or `m`, without sign or fraction'
const LONGEST = 'When containers of one service say different times, the longest holds.'

/** Keys of the container as a whole. */
export const containerKeys = {
  drain: {
    form: `${DURATION}, from ${durationText(DRAIN.leastMs)} to ${durationText(DRAIN.mostMs)}`,
    example: '30s',
    meaning:
      'The least time between taking this container out of routing and touching it: for callers that' +
      ' keep its address. By default only until every edge is quiet.',
  },
  enable: {
    form: '`true` or `false`',
    example: 'true',
    meaning: '`false` keeps the container out, whatever else it says.',
  },
  hold: {
    form: `${DURATION}, from ${durationText(HOLD.leastMs)} to ${durationText(HOLD.mostMs)}`,
    example: '10s',
    meaning:
      'While nobody can serve, requests wait for so long before they get 503, where the edge has the' +
      ` live tier. By default they get 503 at once. ${LONGEST}`,
  },
  port: { ...PORT, meaning: `${PORT.meaning} Holds for every route without a port of its own.` },
  service: {
    form: 'one or two names of a-z, 0-9, `_`, `.` and `-`, joined by `/`',
    example: 'shop/web',
    meaning:
      'Containers with the same service serve a route together, on whatever host. By default the' +
      ' compose project and service, else the name of the container.',
  },
  'slow-start': {
    form: `${DURATION}, from ${durationText(SLOW_START.leastMs)} to ${durationText(SLOW_START.mostMs)}`,
    example: '30s',
    meaning:
      'A container that joins others gets its share of the requests in four steps over this time; in' +
      ` the reload tier each step is a reload. By default all of it at once. ${LONGEST}`,
  },
} as const satisfies Record<ContainerField, Meaning>

/** Keys of one route. */
export const routeKeys = {
  host: {
    form: `lower-case names with a dot, separated by commas, at most ${DOMAINS_PER_LABEL_MAX}`,
    example: 'shop.example.com',
    meaning: 'The names that visitors ask for. Without one there is no route.',
  },
  path: {
    form: 'begins with `/`; letters, digits and `. _ ~ -` between slashes',
    example: '/api',
    meaning: 'The part of the name that this route serves. By default `/`.',
  },
  match: {
    form: '`prefix` or `exact`',
    example: 'exact',
    meaning:
      'A prefix matches whole segments: `/api` and `/api/x`, never `/apix`. By default `prefix`.',
  },
  port: PORT,
  'strip-prefix': {
    form: '`true` or `false`',
    example: 'true',
    meaning:
      'Whether the path is taken off before the container sees the request. By default `false`.',
  },
} as const satisfies Record<RouteField, Meaning>

const HEADS = ['Key', 'Form', 'Example', 'Meaning']
const SOURCE =
  '[label-keys.ts](../packages/master/src/core/routes/label-keys.ts) and' +
  ' [labels-page.ts](../scripts/docs/labels-page.ts)'

export function labelsPage(): Page {
  const short = shortFields.map((field): readonly [string, Meaning] => [field, routeKeys[field]])
  return page('docs/labels.md', 'Labels', SOURCE, [
    'What a container may ask for, by labels set on the container itself: labels of its image claim' +
      ` no names. The list is closed. A key that is not on it refuses what it belongs to, with` +
      ' `unknown-key` and the nearest known one; [reasons.md](reasons.md) has all reasons.',
    '## In short',
    'One route, of the name `default`, and what holds for the whole container.',
    table(HEADS, rows('roadstead.', [...short, ...Object.entries(containerKeys)])),
    '## Several routes',
    `Each has a name of its own, here \`api\`: 1 to 40 of a-z, 0-9 and \`-\`. At most` +
      ` ${ROUTES_PER_CONTAINER_MAX} routes and ${LABELS_PER_CONTAINER_MAX} labels a container.`,
    table(HEADS, rows('roadstead.http.api.', Object.entries(routeKeys))),
    '## Planned',
    'These are answered with `key-later` and not skipped: a route that quietly lacks a restriction is' +
      ' worse than none. Edges of the live tier can already do weights, backups, least connections,' +
      ' stickiness by address and timeouts of a service; no label asks for them yet.',
    table(
      ['Key', 'Refuses'],
      [
        ...laterContainerWords.map((word) => [code(`roadstead.${word}`), 'the container']),
        ...laterRouteWords.map((word) => [code(`roadstead.http.api.${word}`), 'the route `api`']),
        [code('roadstead.http.*.…'), 'the container'],
        [code('roadstead.tcp.api.…'), 'only itself'],
        [code('roadstead.udp.api.…'), 'only itself'],
      ],
    ),
  ])
}

function rows(before: string, entries: readonly (readonly [string, Meaning])[]): string[][] {
  return entries.map(([field, { example, form, meaning }]) => {
    return [code(before + field), form, code(`${before}${field}=${example}`), meaning]
  })
}
