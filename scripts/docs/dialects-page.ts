import type { DialectKey } from '../../packages/master/src/core/routes/dialects/dialect-key.ts'
import {
  virtualHostKeys,
  virtualHostLabelKeys,
} from '../../packages/master/src/core/routes/dialects/nginx-proxy/virtual-host-keys.ts'
import { matcherKeys } from '../../packages/master/src/core/routes/dialects/rule/matcher-keys.ts'
import { middlewareKeys } from '../../packages/master/src/core/routes/dialects/traefik/middleware-keys.ts'
import { routerKeys } from '../../packages/master/src/core/routes/dialects/traefik/router-keys.ts'
import {
  streamKeys,
  streamMatcherKeys,
} from '../../packages/master/src/core/routes/dialects/traefik/stream-keys.ts'
import { serviceKeys } from '../../packages/master/src/core/routes/dialects/traefik/service-keys.ts'
import { defaultPolicy } from '../../packages/master/src/core/routes/policy.ts'
import { code, page, table, type Page } from './page.ts'

const FOLDER = '../packages/master/src/core/routes/dialects'
const SOURCE = `the tables of keys in [dialects/](${FOLDER})`
const HEADS = ['Key', 'Becomes', 'What that means', 'Example']

/** What becomes of labels and variables that were written for other tools. */
export function dialectsPage(): Page {
  return page('docs/dialects.md', 'Labels and variables of other tools', SOURCE, [
    'A container that has labels of Traefik or variables of nginx-proxy is served as it is. Our own' +
      ' keys are in [labels.md](labels.md), the reasons in [reasons.md](reasons.md). Each row below is' +
      ' a [test](../packages/master/src/core/routes/dialects/dialect-keys.test.ts), and what it makes of' +
      ' nginx can be read line by line: [Traefik](../test/golden/rows/traefik.txt),' +
      ' [nginx-proxy](../test/golden/rows/nginx-proxy.txt).',
    '## Which language is read',
    `The first of these in which the container itself asks, and that one whole: ${listed()}. The` +
      ' policy may say another order, for all or for one host. `roadstead.enable=false` comes before' +
      ' all of them. `roadstead explain` shows which one was read, which ones were not, and whatever' +
      ' was not understood.',
    'With `roadstead.inherit=traefik` or `roadstead.inherit=nginx-proxy` the routes are read there, and' +
      ' keys of ours for the whole container, such as `roadstead.weight` or `roadstead.health.path`,' +
      ' are added to them.',
    'What comes from the image asks for nothing, except that it may say the port.',
    '## What becomes of a key',
    '*works*: it is read. *remark*: the route is served without it, and that is said. *refused*: what it' +
      ' belongs to is not served, since it restricts, or leads somewhere, in a way that is not done' +
      ' here. *later*: the same, until a later version.',
    ...traefik(),
    ...nginxProxy(),
  ])
}

function listed(): string {
  return defaultPolicy.dialects.order.map((each) => code(each)).join(', ')
}

function traefik(): readonly string[] {
  return [
    '## Traefik, versions 2 and 3',
    'Keys are read in any case, lists with commas or item by item (`middlewares[0]`). The name of a' +
      ' service with the compose project before it is what containers pool by. A label that is not in' +
      ' these tables refuses the router or the middleware that it belongs to, and is a remark anywhere' +
      ' else. Two routers for one name, in plain and over TLS, are one route.',
    '### Containers and routers',
    keyTable(routerKeys),
    '### Rules',
    'Joined by `&&`, `||`, `!` and parentheses, in back quotes or double quotes; a matcher may have' +
      ' several values. A rule becomes up to 16 routes, and its length is their priority. `!` before a' +
      ' name or a path is read where it changes nothing, and refused where a request would have to be' +
      ' kept out.',
    keyTable(matcherKeys),
    '### Services',
    keyTable(serviceKeys),
    '### Middlewares',
    'They are defined by labels of the same container.',
    keyTable(middlewareKeys),
    '### TCP and UDP',
    'A router becomes a route for the port of each of its entry points. Which ports they have stands in' +
      ' the configuration of Traefik and in no label, so the policy says it:' +
      ' `dialects.entry-points: { postgres: 5432, dns: "udp:5353" }`. Without that a router is answered' +
      ' with `entry-point-unknown`. The ports are claimed like any other; see `claims` in' +
      ' [policy.md](policy.md).',
    keyTable(streamKeys),
    'The rule of a TCP router:',
    keyTable(streamMatcherKeys),
  ]
}

function nginxProxy(): readonly string[] {
  return [
    '## nginx-proxy',
    'Variables of the environment of a container. Only those in this table leave its host with their' +
      ' values. Containers pool by name and path alone; the policy can end that at the bounds of a host.',
    keyTable(virtualHostKeys),
    '### Labels',
    'A label that begins with `com.github.nginx-proxy.nginx-proxy.` and is not in this table refuses the' +
      ' container.',
    keyTable(virtualHostLabelKeys),
  ]
}

function keyTable(rows: readonly DialectKey[]): string {
  return table(
    HEADS,
    rows.map(({ key, state, why, example, reason }) => {
      const becomes = reason === undefined ? state : `${state}: ${code(reason)}`
      return [code(key), becomes, why, quoted(example)]
    }),
  )
}

/** Rules hold back quotes themselves, so they stand between two of them. */
function quoted(example: string): string {
  return example.includes('`') ? `\`\` ${example} \`\`` : code(example)
}
