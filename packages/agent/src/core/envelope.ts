import type { SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { EventEnvelope, Observation } from '@roadstead/shared/protocol/observation.ts'

/** Observations that go in one message, in the order of their stamps. */
export type Statements = readonly [Observation, ...Observation[]]

/**
 * Observations as they go on the bus. The id says who said them and when in its own count, so a
 * repeat is the same message and is dropped by the stream.
 *
 * @param time for people; nothing is ordered by it.
 * @param replay history that a snapshot has overtaken: for timelines, not for state.
 */
export function toEnvelope(
  [data, ...more]: Statements,
  about: { readonly site: SiteId; readonly time: string; readonly replay: boolean },
): EventEnvelope {
  const { host, boot, seq } = data.stamp
  const last = more.at(-1)
  const isOne = last === undefined
  return {
    specversion: '1.0',
    id: `${host}/${boot}/${isOne ? seq : `${seq}-${last.stamp.seq}`}`,
    source: `rs/${about.site}/${host}`,
    type: `rs.${isOne ? data.kind : 'many'}.v1`,
    time: about.time,
    datacontenttype: 'application/json',
    site: about.site,
    ...(about.replay ? { replay: true } : {}),
    data,
    ...(isOne ? {} : { more }),
  }
}
