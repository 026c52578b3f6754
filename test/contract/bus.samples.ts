import { randomBytes } from 'node:crypto'
import type { Delivery } from '@roadstead/bus/ports.ts'
import {
  ContainerId,
  EdgeId,
  type HostId,
  InstanceId,
  SiteId,
} from '@roadstead/shared/kernel/ids.ts'
import { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { Heartbeat } from '@roadstead/shared/protocol/heartbeat.ts'
import { EventEnvelope, Snapshot } from '@roadstead/shared/protocol/observation.ts'
import { RequestReport } from '@roadstead/shared/protocol/request-report.ts'
import { LetGoRequest } from '@roadstead/shared/protocol/run.ts'
import { StockSlice } from '@roadstead/shared/protocol/stock.ts'

/** Messages for tests of the bus, all valid, and readers that keep what they are delivered. */
const site = SiteId.parse('s1')
const e1 = EdgeId.parse('e1')

export interface Collected<Value> extends AsyncDisposable {
  kinds(): Delivery<Value>['kind'][]
  values(): Value[]
}

export function collect<Value>(
  follow: (signal: AbortSignal) => AsyncIterable<Delivery<Value>>,
): Collected<Value> {
  const collected = collectAll(follow)
  return {
    kinds: () => collected.all().map((it) => it.kind),
    values: () => collected.all().flatMap((it) => (it.kind === 'message' ? [it.value] : [])),
    [Symbol.asyncDispose]: () => collected[Symbol.asyncDispose](),
  }
}

/** Reads to the end, which comes when it is disposed: a reader that does not end then hangs the test. */
export function collectAll<Item>(
  follow: (signal: AbortSignal) => AsyncIterable<Item>,
): { all(): readonly Item[] } & AsyncDisposable {
  const stop = new AbortController()
  const items: Item[] = []
  const done = (async () => {
    for await (const item of follow(stop.signal)) items.push(item)
  })()
  return {
    all: () => items,
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await done
    },
  }
}

export function anEvent(host: HostId, seq: number): EventEnvelope {
  return EventEnvelope.parse({
    specversion: '1.0',
    id: `${host}/1/${seq}`,
    source: `rs/s1/${host}`,
    type: 'rs.container.gone.v1',
    time: '2026-01-01T00:00:00.000Z',
    datacontenttype: 'application/json',
    site,
    data: {
      kind: 'container-gone',
      stamp: { host, boot: 1, seq },
      containerId: ContainerId.parse('a'.repeat(64)),
      name: 'shop',
      cause: { action: 'die', seenAtMs: 1 },
    },
  })
}

const randomName = randomBytes(500).toString('hex')

export function aSnapshot(host: HostId, seq: number, networks: number): Snapshot {
  return Snapshot.parse({
    kind: 'snapshot',
    stamp: { host, boot: 1, seq },
    facts: {
      name: 'alpha',
      os: 'Debian 12',
      kernel: '6.1',
      architecture: 'x86_64',
      cpus: 2,
      memoryBytes: 1,
      addresses: [],
      engine: {
        id: 'e',
        version: '20.10.24',
        apiVersion: '1.41',
        storageDriver: 'overlay2',
        liveRestore: false,
      },
      agentVersion: '0.1.0',
    },
    networks: Array.from({ length: networks }, (_, index) => ({
      id: randomBytes(60).toString('hex'),
      name: networks > 1 ? randomBytes(500).toString('hex') : `${index}${randomName.slice(2)}`,
      driver: 'bridge',
      scope: 'local',
      internal: false,
      subnets: [],
    })),
    containers: [],
    stateHash: '0'.repeat(16),
    cause: { action: 'list', seenAtMs: 1 },
  })
}

export function aHeartbeat(host: HostId): Heartbeat {
  return {
    v: 1,
    stamp: { host, boot: 1, seq: 1 },
    stateHash: '0'.repeat(16),
    engine: 'answering',
    engineSince: '2026-01-01T00:00:00.000Z',
    spooled: 0,
    nonce: '0'.repeat(32),
    sentAtMs: 1,
    stopping: false,
  }
}

export function aStockSlice(host: HostId, seq: number, slice: number): StockSlice {
  return StockSlice.parse({
    kind: 'stock',
    v: 1,
    site,
    stamp: { host, boot: 1, seq },
    cause: { action: 'list', seenAtMs: 1 },
    of: 'volumes',
    slice,
    untold: 0,
    items: [
      {
        name: `data-${seq}`,
        driver: 'local',
        mountpoint: '/var/lib/docker/volumes/data/_data',
        scope: 'local',
        createdAt: '2026-01-01T00:00:00Z',
        labels: {},
      },
    ],
  })
}

export function aRequestReport(seq: number, edge = 'e1'): RequestReport {
  const [statuses, buckets] = [
    [0, 0, seq, 0, 0, 0],
    [seq, ...Array.from({ length: 11 }, () => 0)],
  ]
  const took = { sumMs: seq, buckets }
  return RequestReport.parse({
    v: 1,
    site,
    edge,
    instance: 'i1',
    seq,
    routes: [{ key: 'shop.test prefix /', statuses, whole: took, endpoint: took }],
    endpoints: [{ key: '10.0.0.1:80', statuses, endpoint: took }],
    lost: 0,
  })
}

export function aQuestion(host: HostId, hold = '1'): LetGoRequest {
  return LetGoRequest.parse({
    v: 1,
    hold: hold.padStart(16, '0'),
    host,
    container: 'a'.repeat(64),
    action: 'stop',
    phase: 'ask',
    leftMs: 20_000,
    gaveUp: false,
  })
}

export function aStatus(epochMax: number): EdgeStatus {
  return EdgeStatus.parse({
    v: 1,
    site,
    edge: e1,
    instance: InstanceId.parse('i1'),
    name: 'edge',
    addresses: [],
    httpPort: 80,
    epochMax,
    outcome: { kind: 'none' },
    tier: 'reload',
    tierReason: '',
    nginx: { version: '1.22.1', running: true, reloads: 0, oldGenerations: 0 },
    quarantined: [],
    checks: [],
    sentAtMs: 1,
  })
}
