import process from 'node:process'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { exampleId, exampleSeen, exampleStamp } from '@roadstead/master/core/examples.ts'
import { fold, foldAll } from '@roadstead/master/core/graph/fold.ts'
import { emptyGraph } from '@roadstead/master/core/graph/graph.ts'
import { deriveChange, startDerive } from '@roadstead/master/core/routes/derive-change.ts'
import { deriveAll } from '@roadstead/master/core/routes/derive.ts'
import { changeEdgeTable, tableForEdge } from '@roadstead/master/core/routes/edge-table.ts'
import { bucketsFor, changeEncoded, encodeTable } from '@roadstead/master/core/routes/encode.ts'
import { InputDigests } from '@roadstead/master/core/routes/input-digests.ts'
import { carriageOf, manifestOf, manifestText } from '@roadstead/master/core/routes/manifest.ts'
import { defaultPolicy } from '@roadstead/master/core/routes/policy.ts'
import { EdgeId, HostId, InstanceId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { type BenchOptions, type BenchResult, percentiles, summarise } from './bench.ts'
import { CONTAINERS_PER_HOST, containerOf, HOSTS, hostOf, snapshotOf } from './fleet.ts'

const EDGE = { edge: EdgeId.parse('edge-1'), addresses: ['10.250.0.1'], httpPort: 80 }

/**
 * `derive`: one container of the whole fleet stops or starts. Everything a leader computes for it
 * counts: fold, derive, the table of one edge, its slice as text, and the manifest over all of them.
 */
export function run({ samples: wanted = 3_000 }: BenchOptions): Promise<readonly BenchResult[]> {
  const snapshots = Array.from({ length: HOSTS }, (_, host) => snapshotOf(host))
  const cold = performance.now()
  let world = begin(foldAll(emptyGraph, snapshots).graph)
  const coldMs = performance.now() - cold
  const whole = performance.now()
  deriveAll(world.graph, settings)
  const wholeMs = performance.now() - whole

  const parts: Parts = { fold: [], derive: [], edge: [], encode: [], manifest: [] }
  const totals: number[] = []
  // Without the time that others had the processor: what it would be on a quiet machine.
  const cpu: number[] = []
  for (let index = 0; index < wanted; index += 1) {
    const host = (index * 7_919) % HOSTS
    const node = world.graph.hosts.get(HostId.parse(hostOf(host)))
    const number = (index % CONTAINERS_PER_HOST) * HOSTS + host
    const wasRunning = node?.containers.get(exampleId(number))?.state === 'running'
    const container = containerOf(number, { state: wasRunning ? 'exited' : 'running' })
    const stamp = exampleStamp(hostOf(host), (node?.stamp.seq ?? 0) + 1)
    const cpuBefore = process.threadCpuUsage()
    const began = performance.now()
    world = step(world, exampleSeen(stamp, container), parts)
    totals.push(performance.now() - began)
    const { user, system } = process.threadCpuUsage(cpuBefore)
    cpu.push((user + system) / 1_000)
  }
  const result = summarise('derive', totals, {
    coldStartMs: Math.round(coldMs),
    wholeDeriveMs: Math.round(wholeMs),
    slices: world.encoded.slices.length,
    cpu: percentiles(cpu),
    parts: Object.fromEntries(
      Object.entries(parts).map(([name, samples]) => [name, percentiles(samples)]),
    ),
  })
  return Promise.resolve([result])
}

interface Parts {
  readonly fold: number[]
  readonly derive: number[]
  readonly edge: number[]
  readonly encode: number[]
  readonly manifest: number[]
}

const settings = { policy: defaultPolicy, digest: sha256 }
const inputs = new InputDigests(sha256)
const HEAD = {
  site: SiteId.parse('main'),
  edge: EDGE.edge,
  epoch: 1,
  version: 1,
  instance: InstanceId.parse('bench'),
  force: false,
}

function begin(graph: typeof emptyGraph) {
  const { derived } = startDerive(graph, settings)
  const table = tableForEdge(derived.table, graph, EDGE)
  const encoded = encodeTable(table, bucketsFor(table), sha256)
  manifest(graph, table, encoded)
  return { graph, derived, table, encoded }
}

function step(
  world: ReturnType<typeof begin>,
  observation: ReturnType<typeof exampleSeen>,
  parts: Parts,
): ReturnType<typeof begin> {
  const at = [performance.now()]
  const { graph, change } = fold(world.graph, observation)
  at.push(performance.now())
  const { derived, change: changed } = deriveChange(world.derived, graph, change)
  at.push(performance.now())
  const input = { table: derived.table, graph, facts: EDGE, changed: changed.services }
  const { table, services } = changeEdgeTable(world.table, input)
  at.push(performance.now())
  const encoded = changeEncoded(world, table, services, sha256)
  at.push(performance.now())
  manifest(graph, table, encoded)
  at.push(performance.now())
  const spans = at.slice(1).map((each, index) => each - (at[index] ?? each))
  Object.values(parts).forEach((samples: number[], index) => samples.push(spans[index] ?? 0))
  return { graph, derived, table, encoded }
}

function manifest(
  graph: typeof emptyGraph,
  table: ReturnType<typeof tableForEdge>,
  encoded: ReturnType<typeof encodeTable>,
): string {
  const input = inputs.of(graph, settings.policy, table.place)
  const { riding } = carriageOf(encoded, new Map())
  return manifestText(manifestOf({ ...HEAD, input }, encoded, graph, riding))
}
