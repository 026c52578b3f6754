import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { EMPTY_LIST_CONFIRM_MS, type EmptyListGuard, judgeList } from '../core/empty-list.ts'
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
}

export function newListState(): ListState {
  const guard = { emptySinceMs: undefined }
  return { asked: new Bell(), listed: new Map(), guard, unseenRounds: 0 }
}

export interface Lists {
  listContainers(signal: AbortSignal): Promise<ListedJson[]>
}

export interface ListEverythingDeps {
  readonly engine: Lists
  readonly looker: Looker
  readonly state: AgentState
  readonly list: ListState
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
  const { engine, looker, state, list, clock, log } = deps
  const items = await engine.listContainers(signal)
  const [guard, answer] = judgeList(list.guard, items.length, state.containerCount, clock.monoMs())
  list.guard = guard
  if (answer === 'unknown') {
    log.warn({ known: state.containerCount }, 'empty list contradicts what is known, asking again')
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
  return undefined
}
