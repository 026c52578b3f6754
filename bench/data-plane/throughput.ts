/**
 * Requests a second and processor time a request: the live tier beside static files, in turn, in the same
 * run, by a load generator that is a process of its own. Ratios are of one round, so that a busy minute
 * of the machine hits both.
 */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { render } from '@roadstead/edge/core/nginx/render.ts'
import { seal } from '@roadstead/edge/core/nginx/envelope.ts'
import { endpoint, route, service, table } from '@roadstead/edge/testing/tables.ts'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { at } from '../../test/rig/at.ts'
import { eventually } from '../../test/rig/eventually.ts'
import { freePorts } from '../../test/rig/free-ports.ts'
import { findProgram } from '../../test/rig/image/host-files.ts'
import type { RunFolder } from '../../test/rig/run-folder.ts'
import { visitOnce } from '../../test/rig/visitor.ts'
import { type BenchResult, percentiles, summarise } from '../bench.ts'
import { cpuMs, nameOf, OwnNginx, serviceOf } from './own-nginx.ts'
import { startNginx } from './quick-servers.ts'

const run = promisify(execFile)
const ROUNDS = 9
const ROUND_S = 2
const CONNECTIONS = 32
const DOMAIN = 'shop.bench.test'

interface Path {
  readonly name: string
  readonly port: number
  readonly workers: () => readonly number[]
}

interface Round {
  readonly perSecond: number
  readonly cpuUs: number
  readonly failed: number
}

export async function throughput(
  folder: RunFolder,
  addresses: readonly string[],
  rounds = ROUNDS,
): Promise<readonly BenchResult[]> {
  await using live = await OwnNginx.start(folder, 'throughput-live', 'live')
  const entries = [
    [`s:${serviceOf(1)}`, addresses.join(' ')],
    [`d:${DOMAIN}`, `^ / ${serviceOf(1)}`],
  ] as const
  await live.fill(new Map(entries), nameOf(1))
  await using reload = await OwnNginx.start(folder, 'throughput-reload', 'reload')
  await fillReload(reload, addresses)
  const port = at(await freePorts(1), 0)
  await using bare = await startNginx(folder, 'static', port, staticHttp(port, addresses), 2)
  const paths: readonly Path[] = [
    { name: 'static', port, workers: () => childrenOf(bare.pid) },
    { name: 'live', port: live.port, workers: () => live.workers },
    { name: 'reload tier', port: reload.port, workers: () => reload.workers },
  ]
  const taken = new Map<string, Round[]>(paths.map(({ name }) => [name, []]))
  for (const path of paths) await oneRound(path)
  for (let round = 0; round < rounds; round += 1) {
    // Each is first, second and last equally often.
    const order = paths.map((_, index) => at(paths, (index + round) % paths.length))
    for (const path of order) taken.get(path.name)?.push(await oneRound(path))
  }
  if (!bare.isRunning()) throw new Error(bare.tail())
  return ['live', 'reload tier'].map((name) => compared(name, taken))
}

function compared(name: string, taken: ReadonlyMap<string, Round[]>): BenchResult {
  const own = taken.get(name) ?? []
  const base = taken.get('static') ?? []
  const ratio = (of: (round: Round) => number): number[] =>
    own.map((round, index) => of(round) / of(at(base, index)))
  return summarise(
    `data-plane: throughput of ${name} / static`,
    ratio(({ perSecond }) => perSecond),
    {
      cpuPerRequest: percentiles(ratio(({ cpuUs }) => cpuUs)),
      perSecond: percentiles(own.map(({ perSecond }) => perSecond)),
      cpuUs: percentiles(own.map(({ cpuUs }) => cpuUs)),
      static: {
        perSecond: percentiles(base.map(({ perSecond }) => perSecond)),
        cpuUs: percentiles(base.map(({ cpuUs }) => cpuUs)),
      },
      failed: own.reduce((sum, { failed }) => sum + failed, 0),
    },
    '×',
  )
}

async function oneRound({ port, workers }: Path): Promise<Round> {
  const pids = workers()
  const before = cpuMs(pids)
  const args = ['-t1', `-c${CONNECTIONS}`, `-d${ROUND_S}s`, '-H', `Host: ${DOMAIN}`]
  const { stdout } = await run(findProgram('wrk'), [...args, `http://127.0.0.1:${port}/`])
  const spentMs = cpuMs(pids) - before
  const requests = Number(/(\d+) requests in/.exec(stdout)?.[1] ?? 0)
  const perSecond = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1] ?? 0)
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0)
  const errors = [...(/Socket errors:(.*)/.exec(stdout)?.[1] ?? '').matchAll(/\d+/g)]
  const failed = errors.reduce((sum, [count]) => sum + Number(count), refused)
  return { perSecond, cpuUs: (spentMs * 1_000) / requests, failed }
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.split(' ').filter(Boolean).map(Number)
}

/** What somebody writes by hand who has these endpoints, and headers enough to be useful. */
function staticHttp(port: number, addresses: readonly string[]): string {
  const servers = addresses.map((address) => `server ${address};`).join(' ')
  return `upstream shop { ${servers} keepalive 32; }
server {
  listen 127.0.0.1:${port} reuseport;
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

/** The same service as a file of the reload tier. */
async function fillReload(own: OwnNginx, addresses: readonly string[]): Promise<void> {
  const endpoints = addresses.map((address) => endpoint(Number(address.split(':')[1])))
  const shop = table([service('shop', ...endpoints)], [route(DOMAIN, 'shop')])
  const nothing = new Set<string>()
  const view = { leftOut: nothing, excluded: nothing, quarters: new Map<string, number>() }
  const { files, nginx, settings } = own.opened
  await files.stage(seal(render(shop, view, settings).body, digest).text)
  await files.commit()
  nginx.reload()
  const visit = { host: '127.0.0.1', port: own.port, domain: DOMAIN }
  const serves = async (): Promise<boolean> => (await visitOnce(visit)).status === 200
  await eventually('the file is served', serves, { withinMs: 5_000 })
  await eventually('by all', async () => (await nginx.oldWorkers()).generations === 0, {
    withinMs: 5_000,
  })
}
