import { streamKey } from '@roadstead/shared/protocol/route-key.ts'
import type { TableStream } from '@roadstead/shared/protocol/table.ts'

/** Each stream costs a socket in every worker. */
export const STREAMS_MAX = 500

export interface RefusedStream {
  readonly route: TableStream
  /** For a person. */
  readonly reason: string
}

/**
 * The streams that this edge does not serve, whatever nginx says to the others. Those that are served
 * already come first, so that a newcomer is refused and never an incumbent.
 *
 * @param troubles what is wrong with their ports, by key.
 */
export function refuseStreams(
  streams: readonly TableStream[],
  troubles: ReadonlyMap<string, string>,
  running: ReadonlySet<string>,
): readonly RefusedStream[] {
  const bad = streams.flatMap((route) => {
    const reason = troubles.get(streamKey(route))
    return reason === undefined ? [] : [{ route, reason }]
  })
  const good = streams.filter((route) => !troubles.has(streamKey(route)))
  if (good.length <= STREAMS_MAX) return bad
  const isRunning = (route: TableStream) => Number(running.has(streamKey(route)))
  const beyond = good.toSorted((a, b) => isRunning(b) - isRunning(a)).slice(STREAMS_MAX)
  const reason = `too many streams: this edge serves ${STREAMS_MAX} at most`
  return [...bad, ...beyond.map((route) => ({ route, reason }))]
}
