/**
 * Names that come, are asked for and go, one after the other, among some that stay: a worker keeps what
 * it has parsed, and must not keep what has left.
 */
import { readFileSync } from 'node:fs'
import http from 'node:http'
import { text } from 'node:stream/consumers'
import type { LiveStep } from '@roadstead/edge/core/live/live-table.ts'
import { nginxOf } from '../../test/rig/nginx-processes.ts'
import type { RunFolder } from '../../test/rig/run-folder.ts'
import { type BenchResult, summarise } from '../bench.ts'
import { nameOf, OwnNginx, plainEntries, serviceOf } from './own-nginx.ts'

const CHANGES = 60_000
const STAYING = 300
/** Names that are there at one time beside those that stay. */
const PASSING = 50
const LOOKS = 4
const CONNECTIONS = 8
/** About as often as an edge does. */
const READ_EVERY = 1_000

export async function passingNames(
  folder: RunFolder,
  addresses: readonly string[],
): Promise<BenchResult> {
  await using own = await OwnNginx.start(folder, 'passing', 'live')
  await own.fill(plainEntries(STAYING, addresses), nameOf(1))
  const agent = new http.Agent({ keepAlive: true, maxSockets: CONNECTIONS })
  const spans: number[] = []
  const looks = [lookAt(own)]
  let failed = 0
  for (let nth = 0; nth < CHANGES; nth += 1) {
    const beganMs = performance.now()
    const pushed = await own.live.push(stepsOf(nth, addresses), nameOf(nth + 1), nameOf(nth + 2))
    spans.push(performance.now() - beganMs)
    if (pushed.kind !== 'pushed') throw new Error(`change ${nth}: ${JSON.stringify(pushed)}`)
    const asked = [passing(nth), staying(nth), staying(nth * 7)]
    const statuses = await Promise.all(asked.map((name) => statusOf(own, agent, name)))
    failed += statuses.filter((status) => status !== 200).length
    if (nth % READ_EVERY === 0) await readCounts(own)
    if ((nth + 1) % (CHANGES / LOOKS) === 0) looks.push(lookAt(own))
  }
  agent.destroy()
  const residentMib = {
    master: looks.map(({ master }) => master),
    workers: looks.map(({ workers }) => workers),
  }
  return summarise(`data-plane: ${CHANGES} names that come and go`, spans, { residentMib, failed })
}

/** Workers keep what was counted until somebody reads it. */
async function readCounts({ opened: { requests } }: OwnNginx): Promise<void> {
  await requests?.take()
  requests?.told()
}

function passing(nth: number): string {
  return `new-${nth}.bench.test`
}

function staying(nth: number): string {
  return `other-${nth % STAYING}.bench.test`
}

function stepsOf(nth: number, addresses: readonly string[]): readonly LiveStep[] {
  const service = serviceOf(nth % STAYING)
  const endpoints = addresses.slice(0, 1 + (nth % addresses.length)).join(' ')
  return [
    { kind: 'set', key: `s:${service}`, value: endpoints },
    { kind: 'set', key: `d:${passing(nth)}`, value: `^ / ${service}` },
    ...(nth < PASSING ? [] : [{ kind: 'delete', key: `d:${passing(nth - PASSING)}` } as const]),
  ]
}

async function statusOf(
  own: OwnNginx,
  agent: http.Agent,
  host: string,
): Promise<number | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>()
  const where = { host: own.bind, port: own.port, headers: { host }, agent }
  http.get(where, resolve).on('error', reject)
  const answer = await promise
  await text(answer)
  return answer.statusCode
}

/** What each process has in memory, MiB. */
function lookAt(own: OwnNginx): { readonly master: number; readonly workers: readonly number[] } {
  const { master, workers } = nginxOf(own)
  return { master: residentMib(master), workers: workers.map(residentMib) }
}

function residentMib(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  return Math.round(Number(/^Rss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) / 102.4) / 10
}
