/**
 * What the live tier costs a request, and what a change costs whoever visits meanwhile. No engine, no bus
 * and no master: only nginx as an edge sets it up, endpoints beside it, and visitors.
 */
import { endRun } from '../test/rig/end-run.ts'
import { RunFolder } from '../test/rig/run-folder.ts'
import { type BenchOptions, type BenchResult, inTier } from './bench.ts'
import { busyNames } from './data-plane/busy-names.ts'
import { manyChanges } from './data-plane/many-changes.ts'
import { passingNames } from './data-plane/passing-names.ts'
import { pushMany } from './data-plane/push.ts'
import { startEndpoints } from './data-plane/quick-servers.ts'
import { throughput } from './data-plane/throughput.ts'
import { openSockets } from './data-plane/web-sockets.ts'

const ENDPOINTS = 5

/** `samples`: rounds of the throughput. */
export async function run({ samples }: BenchOptions): Promise<readonly BenchResult[]> {
  const folder = new RunFolder()
  try {
    const endpoints = await startEndpoints(folder, ENDPOINTS)
    const { addresses } = endpoints
    return [
      ...(await throughput(folder, endpoints, samples)),
      inTier('live', await openSockets(folder, addresses)),
      inTier('live', await pushMany(folder, addresses)),
      inTier('live', await manyChanges(folder, addresses)),
      inTier('live', await passingNames(folder, addresses)),
      inTier('live', await busyNames(folder, addresses)),
    ]
  } finally {
    await endRun(folder.path)
  }
}
