import type { SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { EventEnvelope, Observation } from '@roadstead/shared/protocol/observation.ts'

/**
 * An observation as it goes on the bus. The id says who said it and when in its own count, so a
 * repeat is the same message and is dropped by the stream.
 *
 * @param time for people; nothing is ordered by it.
 * @param replay history that a snapshot has overtaken: for timelines, not for state.
 */
export function toEnvelope(
  observation: Observation,
  about: { readonly site: SiteId; readonly time: string; readonly replay: boolean },
): EventEnvelope {
  const { host, boot, seq } = observation.stamp
  return {
    specversion: '1.0',
    id: `${host}/${boot}/${seq}`,
    source: `rs/${about.site}/${host}`,
    type: `rs.${observation.kind}.v1`,
    time: about.time,
    datacontenttype: 'application/json',
    site: about.site,
    ...(about.replay ? { replay: true } : {}),
    data: observation,
  }
}
