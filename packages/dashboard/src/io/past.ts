import type { EventPage } from '@roadstead/shared/protocol/http-events.ts'

const ANSWER_MS_MAX = 10_000

/** A page of the change log; undefined when it could not be had. */
export async function readPast(
  address: URL,
  query: Readonly<Record<string, string>>,
): Promise<EventPage | undefined> {
  const asked = new URL(address)
  asked.search = new URLSearchParams({ ...query, limit: '200' }).toString()
  try {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX)
    const response = await fetch(asked, { signal, cache: 'no-store' })
    if (!response.ok) return undefined
    // A schema that reads objects makes functions of text, which the policy of the page forbids.
    const page: EventPage = await response.json()
    return page
  } catch {
    return undefined
  }
}
