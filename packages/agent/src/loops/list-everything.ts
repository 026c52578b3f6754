import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import {
  EMPTY_LIST_CONFIRM_MS,
  type EmptyListGuard,
  judgeList,
  knownCount,
} from '../core/empty-list.ts'
import type { ListedJson } from '../core/engine-json.ts'
import { compareLists, type ListedById } from '../core/listed.ts'
import type { AgentState } from '../state.ts'
import type { Looker } from './look.ts'

/**
 * A first snapshot without a container says that it is gone, so one that cannot be inspected is waited
 * for. Not for ever: a container that the engine itself cannot read must not hide all others.
 */
const UNSEEN_ROUNDS_MAX = 3
const UNSEEN_RETRY_MS = 5_000

/** What is kept from list to list, also over a reconnect. */
export interface ListState {
  /** Ring it to have everything listed now. */
  readonly asked: Bell
  listed: ListedById
  guard: EmptyListGuard
  /** Lists of this life that ended with a container never seen. */
  unseenRounds: number
  /** The count on disk, for the next life. */
  keptCount: number
}

/** @param countBefore how many containers the life before this one knew of. */
export function newListState(countBefore: number): ListState {
  const guard = { emptySinceMs: undefined }
  return { asked: new Bell(), listed: new Map(), guard, unseenRounds: 0, keptCount: countBefore }
}

export interface Lists {
  listContainers(signal: AbortSignal): Promise<ListedJson[]>
}

/** What is remembered from one life to the next. */
export interface Memory {
  readonly containersBefore: number
  keepContainers(count: number): Promise<void>
}

export interface ListEverythingDeps {
  readonly engine: Lists
  readonly looker: Looker
  readonly state: AgentState
  readonly list: ListState
  readonly memory: Memory
  readonly clock: Clock
  readonly log: Log
}

/**
 * Lists all containers and looks at those that need it. Returns how soon to list again if this list
 * proved nothing, and undefined when all is well.
 *
 * A failed call throws and changes nothing. Known containers that are missing are looked at like all
 * others; only the engine's own "no such container" makes one gone.
 */
export async function listEverything(
  deps: ListEverythingDeps,
  { inspectAll }: { readonly inspectAll: boolean },
  signal: AbortSignal,
): Promise<number | undefined> {
  const { engine, looker, state, list, memory, clock, log } = deps
  const items = await engine.listContainers(signal)
  const seen = { complete: state.isComplete, count: state.containerCount }
  const known = knownCount(seen, memory.containersBefore)
  const [guard, answer] = judgeList(list.guard, items.length, known, clock.monoMs())
  list.guard = guard
  if (answer === 'unknown') {
    log.warn({ known }, 'empty list contradicts what is known, asking again')
    return EMPTY_LIST_CONFIRM_MS
  }
  const compared = compareLists(list.listed, items, state.knownIds)
  list.listed = compared.listed
  const present = inspectAll ? [...compared.listed.keys()] : compared.changed
  const ids = [...present, ...compared.missing]
  const cause = { action: 'list', seenAtMs: clock.wallMs() }
  for (const id of ids) looker.request({ id, cause }, 'listed')
  await looker.settled(ids)
  if (signal.aborted) return undefined
  // Whatever could not be looked at counts as not listed, so that the next list asks for it again.
  list.listed = new Map([...list.listed].filter(([id]) => !looker.isFailing(id)))
  const isUnseen = present.some((id) => looker.isFailing(id) && state.container(id) === undefined)
  if (isUnseen && !state.isComplete && list.unseenRounds < UNSEEN_ROUNDS_MAX) {
    list.unseenRounds += 1
    log.warn({ round: list.unseenRounds }, 'a container cannot be inspected, listing again')
    return UNSEEN_RETRY_MS
  }
  state.tell({ kind: 'complete' })
  await keepCount(deps)
  return undefined
}

/** Once a list at most, and only what changed. A disk that takes nothing costs the next life its care. */
async function keepCount({ list, log, memory, state }: ListEverythingDeps): Promise<void> {
  const count = state.containerCount
  if (count === list.keptCount) return
  try {
    await memory.keepContainers(count)
    list.keptCount = count
  } catch (error) {
    log.warn({ err: error }, 'count of containers not kept')
  }
}
