import type { RunId } from '@roadstead/shared/protocol/run.ts'
import type { Asked } from './holds.ts'
import type { CommandState, RunLimits } from './outlook.ts'
import type { EdgeScene, Marks } from './quiet.ts'
import type { RefKey } from './refs.ts'
import type { SightScene } from './sight.ts'

/** What the leader has to know to carry on with all runs. */
export interface RunScene extends SightScene, EdgeScene {
  /** The moment, for people. */
  readonly at: string
  readonly limits: RunLimits
  /** What agents asked about containers that somebody stops, by hold. */
  readonly asked: ReadonlyMap<RunId, Asked>
  /** Commands that this leader has sent, by run and container. */
  readonly commands: ReadonlyMap<string, CommandState>
}

/** What one leader keeps between two rounds; another starts without it. */
export interface RunMemory {
  readonly since: ReadonlyMap<RunId, ReadonlyMap<string, number>>
  readonly marks: ReadonlyMap<RefKey, Marks>
}

export const emptyRunMemory: RunMemory = { since: new Map(), marks: new Map() }
