/**
 * Requests a second and processor time a request, in turn and in one run, by a load generator that is a
 * process of its own. There are two controls. One is a file that somebody writes by hand who has these
 * endpoints; the other is what the reload tier makes of the very table that the live tier has, with
 * every header, limit and setting of ours. Both run on the nginx that the live tier runs on.
 */
import { readFileSync } from 'node:fs'
import { render } from '@roadstead/edge/core/nginx/render.ts'
import { plainView } from '@roadstead/edge/core/own-view.ts'
import { seal } from '@roadstead/edge/core/nginx/envelope.ts'
import { endpoint, route, service, table } from '@roadstead/edge/testing/tables.ts'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { at } from '../../test/rig/at.ts'
import { eventually } from '../../test/rig/eventually.ts'
import { freePorts } from '../../test/rig/free-ports.ts'
import type { EdgeTier } from '../../test/rig/rig.ts'
import type { RunFolder } from '../../test/rig/run-folder.ts'
import { visitOnce } from '../../test/rig/visitor.ts'
import { type BenchResult, percentiles, summarise } from '../bench.ts'
import { EndpointStatus, load, type Loaded, type Way } from './load.ts'
import { nameOf, OwnNginx, type Place, serviceOf } from './own-nginx.ts'
import { placesOnPort80 } from './port-80.ts'
import { waysOverTls } from './over-tls.ts'
import { type Endpoints, startNginx } from './quick-servers.ts'

const ROUNDS = 9
const ROUND_S = 2
const DOMAIN = 'shop.bench.test'

/** The one is compared with the other. */
const PAIRS = [
  ['live', 'static'],
  ['live', 'reload tier'],
  ['reload tier', 'static'],
  ['live on port 80', 'static'],
  ['live on port 80', 'reload tier on port 80'],
  ['live with TLS', 'static with TLS'],
] as const

export async function throughput(
  folder: RunFolder,
  endpoints: Endpoints,
  rounds = ROUNDS,
): Promise<readonly BenchResult[]> {
  await using stack = new AsyncDisposableStack()
  const status = stack.use(new EndpointStatus(endpoints.statusPort))
  const ways = await startWays(folder, endpoints.addresses, stack)
  const taken = new Map<string, Loaded[]>(ways.map(({ name }) => [name, []]))
  for (const way of ways) await load(way, DOMAIN, 1, status)
  for (let round = 0; round < rounds; round += 1) {
    // Each is first, second and last equally often.
    const order = ways.map((_, index) => at(ways, (index + round) % ways.length))
    for (const way of order) taken.get(way.name)?.push(await load(way, DOMAIN, ROUND_S, status))
  }
  return PAIRS.filter(([name]) => taken.has(name)).map(([name, other]) =>
    compared(name, other, taken),
  )
}

/** Without a port in the address a request needs fewer headers; not everybody may have port 80. */
async function startWays(
  folder: RunFolder,
  addresses: readonly string[],
  stack: AsyncDisposableStack,
): Promise<readonly Way[]> {
  const start = async (name: string, tier: EdgeTier, place?: Place): Promise<Way> => {
    const own = stack.use(await OwnNginx.start(folder, name.replaceAll(' ', '-'), tier, place))
    await (tier === 'live' ? fillLive : fillReload)(own, addresses)
    return { name, host: own.bind, port: own.port, workers: () => own.workers }
  }
  const port = at(await freePorts(1), 0)
  const bare = stack.use(await startNginx(folder, 'static', port, staticHttp(port, addresses), 2))
  const [one, other] = await placesOnPort80()
  return [
    { name: 'static', host: '127.0.0.1', port, workers: () => childrenOf(bare.pid) },
    await start('reload tier', 'reload'),
    await start('live', 'live'),
    ...(one === undefined ? [] : [await start('reload tier on port 80', 'reload', one)]),
    ...(other === undefined ? [] : [await start('live on port 80', 'live', other)]),
    ...(await waysOverTls(folder, stack, {
      domain: DOMAIN,
      fill: (own) => fillLive(own, addresses),
      startBare: async (tlsPort, words) => {
        const http = staticHttp(tlsPort, addresses, words)
        const { pid } = stack.use(await startNginx(folder, 'static-tls', tlsPort, http, 2))
        return () => childrenOf(pid)
      },
    })),
  ]
}

/** Ratios of whole rounds, as they came, and of the windows in which nobody else was in the way. */
function compared(
  name: string,
  other: string,
  taken: ReadonlyMap<string, readonly Loaded[]>,
): BenchResult {
  const own = taken.get(name) ?? []
  const base = taken.get(other) ?? []
  const rounds = (of: (round: Loaded) => number): number[] =>
    own.map((round, index) => of(round) / of(at(base, index)))
  const [best, bestOther] = [undisturbed(own), undisturbed(base)]
  return summarise(
    `data-plane: throughput of ${name} / ${other}`,
    rounds(({ perSecond }) => perSecond),
    {
      cpuPerRequest: percentiles(rounds(({ cpuUs }) => cpuUs)),
      undisturbed: {
        throughput: hundredths(best.perSecond / bestOther.perSecond),
        cpuPerRequest: hundredths(best.cpuUs / bestOther.cpuUs),
        [name]: best,
        [other]: bestOther,
      },
      connectionsPerRequest: sumOf(own, 'opened') / sumOf(own, 'requests'),
      failed: sumOf(own, 'failed'),
    },
    '×',
  )
}

/** The tenth of all windows that cost least, and the tenth that had most. */
function undisturbed(rounds: readonly Loaded[]): { cpuUs: number; perSecond: number } {
  const windows = rounds.flatMap((round) => round.windows)
  const rank = (values: readonly number[], share: number): number =>
    values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN
  const cpuUs = windows.map((window) => window.cpuUs)
  const perSecond = windows.map((window) => window.perSecond)
  return { cpuUs: hundredths(rank(cpuUs, 0.1)), perSecond: Math.round(rank(perSecond, 0.9)) }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}

function sumOf(rounds: readonly Loaded[], name: 'opened' | 'requests' | 'failed'): number {
  return rounds.reduce((sum, round) => sum + round[name], 0)
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.split(' ').filter(Boolean).map(Number)
}

/** What somebody writes by hand who has these endpoints, and headers enough to be useful. */
function staticHttp(port: number, addresses: readonly string[], tls = ''): string {
  const servers = addresses.map((address) => `server ${address};`).join(' ')
  return `upstream shop { ${servers} keepalive 32; }
server {
  listen 127.0.0.1:${port} ${tls === '' ? '' : 'ssl '}reuseport;
  ${tls}
  location / {
    proxy_http_version 1.1;
    proxy_buffering off;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_pass http://shop;
  }
}`
}

async function fillLive(own: OwnNginx, addresses: readonly string[]): Promise<void> {
  const entries = [
    [`s:${serviceOf(1)}`, addresses.join(' ')],
    [`d:${DOMAIN}`, `^ / ${serviceOf(1)}`],
  ] as const
  await own.fill(new Map(entries), nameOf(1))
}

/** The same service as a file of the reload tier. */
async function fillReload(own: OwnNginx, addresses: readonly string[]): Promise<void> {
  const endpoints = addresses.map((address) => endpoint(Number(address.split(':')[1])))
  const shop = table([service('shop', ...endpoints)], [route(DOMAIN, 'shop')])
  const { files, nginx, settings } = own.opened
  await files.stage(seal(render(shop, plainView, settings).body, digest).text)
  await files.commit()
  nginx.reload()
  const visit = { host: own.bind, port: own.port, domain: DOMAIN }
  const serves = async (): Promise<boolean> => (await visitOnce(visit)).status === 200
  await eventually('the file is served', serves, { withinMs: 5_000 })
  await eventually('by all', async () => (await nginx.oldWorkers()).generations === 0, {
    withinMs: 5_000,
  })
}
