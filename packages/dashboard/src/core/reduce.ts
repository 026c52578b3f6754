import type { LiveFrame, LivePatch, LiveState } from '@roadstead/shared/protocol/live.ts'
import { keyOf } from './keys.ts'

/** Where this page is in which master's history. */
export interface Position {
  readonly instance: string
  readonly revision: number
}

/** What the page knows. It outlives connections: old data is shown, and said to be old. */
export interface Feed {
  /** Absent: nothing to resume from, the next hello asks for everything. */
  readonly position: Position | undefined
  readonly data: LiveState | undefined
  /** Where the leader answers, as told by a master that says goodbye. */
  readonly elsewhere: string | undefined
}

export interface Reduced {
  readonly feed: Feed
  /** `again`: close this connection and say hello anew, with whatever position is left. */
  readonly next: 'read-on' | 'again'
}

export const NOTHING_YET: Feed = { position: undefined, data: undefined, elsewhere: undefined }

/** What a page keeps of the events; older ones are for the command line. */
export const EVENTS_MAX = 200

/** Folds one frame into what the page knows. */
export function reduce(feed: Feed, frame: LiveFrame): Reduced {
  switch (frame.kind) {
    case 'snapshot':
      return readOn({
        position: { instance: frame.instance, revision: frame.revision },
        data: { ...frame.state, events: newest(frame.state.events) },
        elsewhere: undefined,
      })
    case 'patch':
      return patched(feed, frame.from, frame.revision, frame.patch)
    case 'idle':
      return feed.position?.revision === frame.revision ? readOn(feed) : startOver(feed)
    case 'lagged':
      // A snapshot follows on the same connection, so there is nothing to ask for.
      return readOn({ ...feed, position: undefined })
    case 'goaway':
      return { feed: { ...feed, elsewhere: frame.leaderUrl }, next: 'again' }
  }
}

function patched(feed: Feed, from: number, revision: number, patch: LivePatch): Reduced {
  const { position, data } = feed
  if (data === undefined || position?.revision !== from) return startOver(feed)
  return readOn({
    ...feed,
    position: { instance: position.instance, revision },
    data: apply(data, patch),
  })
}

function apply(data: LiveState, patch: LivePatch): LiveState {
  return {
    status: patch.status ?? data.status,
    hosts: merge(data.hosts, patch.hosts, keyOf.hosts),
    services: merge(data.services, patch.services, keyOf.services),
    routes: merge(data.routes, patch.routes, keyOf.routes),
    edges: merge(data.edges, patch.edges, keyOf.edges),
    runs: merge(data.runs, patch.runs, keyOf.runs),
    events: patch.events === undefined ? data.events : newest([...data.events, ...patch.events]),
  }
}

/** A collection that the patch does not name stays the same array, so its view is not drawn anew. */
function merge<Row>(
  rows: Row[],
  change: { readonly up: readonly Row[]; readonly gone: readonly string[] } | undefined,
  key: (row: Row) => string,
): Row[] {
  if (change === undefined) return rows
  const rowByKey = new Map(rows.map((row) => [key(row), row]))
  for (const row of change.up) rowByKey.set(key(row), row)
  for (const gone of change.gone) rowByKey.delete(gone)
  return [...rowByKey.entries()].sort(byKey).map(([, row]) => row)
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

function newest<Row>(rows: readonly Row[]): Row[] {
  return rows.slice(-EVENTS_MAX)
}

/** Keeps the rows on the screen, and forgets where they were. */
function startOver(feed: Feed): Reduced {
  return { feed: { ...feed, position: undefined }, next: 'again' }
}

function readOn(feed: Feed): Reduced {
  return { feed, next: 'read-on' }
}
