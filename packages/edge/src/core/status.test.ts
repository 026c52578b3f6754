import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EdgeId, InstanceId, PublicKey, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { EVENT_BYTES_MAX } from '@roadstead/shared/kernel/limits.ts'
import { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import { OBJECTS_MAX } from '@roadstead/shared/protocol/kept-object.ts'
import { PathPattern, RouteDomain } from '@roadstead/shared/protocol/route.ts'
import { endpoint, route, service, table } from '../testing/tables.ts'
import { endpointsOf } from './checks.ts'
import { type Snapshot, statusOf } from './status.ts'
import { certificateReport } from './tls/report.ts'
import type { Place } from './tls/shelf.ts'

const self = {
  site: SiteId.parse('home'),
  edge: EdgeId.parse('e1'),
  publicKey: PublicKey.parse(`U${'A'.repeat(55)}`),
  instance: InstanceId.parse('i'),
  name: 'edge one',
  addresses: ['10.0.0.1'],
  httpPort: 8080,
  host: undefined,
  container: undefined,
}
const quiet: Snapshot = {
  epochMax: 3,
  inForce: undefined,
  table: undefined,
  health: new Map(),
  quarantined: [],
  quiet: undefined,
  busy: [],
  busyMore: false,
  outcome: { kind: 'none' },
  objects: [],
  tier: 'reload',
  tierReason: 'as a test says',
  streamsReason: undefined,
  applied: undefined,
  editedFiles: [],
  shut: undefined,
  attached: undefined,
  certificates: undefined,
  nginx: { version: '1.22.1', running: true, reloads: 0, pushes: 0, oldGenerations: 0 },
}
const now = { wallMs: 1_000_000, monoMs: 100_000 }

test('a status is what the protocol says, also with nothing in force', () => {
  const status = statusOf(self, quiet, now)
  assert.deepEqual(EdgeStatus.parse(JSON.parse(JSON.stringify(status))), status)
})

test('the largest status there can be fits into one message', () => {
  const ports = Array.from({ length: 1_000 }, (_, at) => at + 1)
  const it = table([service('s', ...ports.map((port) => endpoint(port)))], [route('s.test', 's')])
  const failing = { state: 'failing', against: 0, sinceMs: 1 } as const
  const health = new Map(endpointsOf(it).map(({ key }) => [key, failing]))
  const path = PathPattern.parse(`/${Array.from({ length: 8 }, () => 'z'.repeat(60)).join('/')}`)
  const long = { ...route('a.test', 's'), path }
  const containers = ports.slice(0, 64).map((port) => endpoint(port).container)
  const one = { route: long, containers, reason: 'x'.repeat(256), since: new Date(0).toISOString() }
  const quarantined = Array.from({ length: 1_000 }, () => one)
  const busy = ports.slice(0, 200).map((port) => ({ ...endpoint(port), requests: 1 }))
  const objects = Array.from({ length: OBJECTS_MAX }, (_, at) => ({
    kind: 'certificate' as const,
    name: `${at}`.padStart(40, 'n'),
    version: '0123456789abcdef',
    trouble: 'key-does-not-fit' as const,
  }))
  const certificates = certificateReport(Array.from({ length: 1_000 }, longPlace), 'x'.repeat(256))
  const full = { ...quiet, table: it, health, quarantined, busy, objects, certificates }
  const status = statusOf(self, full, now)
  assert.ok(JSON.stringify(status).length < (EVENT_BYTES_MAX / 8) * 7)
  assert.equal(EdgeStatus.parse(status).busy?.length, 200)
})

/** A certificate with the longest of everything that is told of one. */
function longPlace(): Place {
  const label = 'n'.repeat(63)
  const names = Array.from('abcdefgh', (it) => it).map((letter) =>
    RouteDomain.parse(`${letter}${label.slice(1)}.${label}.${label}.${label.slice(3)}a`),
  )
  const name = 'n'.repeat(200)
  const files = { chainFile: 'certificate-0', keyFile: 'key-0' }
  const facts = { name, source: 'folder', issuer: 'i'.repeat(256), fingerprint: '' } as const
  const kept = { ...facts, ...files, names, notBeforeMs: 0, notAfterMs: 0 }
  return { name, source: 'folder', mark: '', kept, problem: 'p'.repeat(256) }
}

test('a check that came back is told for a minute', () => {
  const it = table([service('s', endpoint(1), endpoint(2))], [route('s.test', 's')])
  const [{ key } = { key: '' }] = endpointsOf(it)
  const came = (sinceMs: number) =>
    new Map([[key, { state: 'passing', against: 0, sinceMs } as const]])
  const checks = (sinceMs: number) =>
    statusOf(self, { ...quiet, table: it, health: came(sinceMs) }, now).checks
  assert.equal(checks(now.monoMs - 59_000)[0]?.state, 'passing')
  assert.deepEqual(checks(now.monoMs - 61_000), [])
})
