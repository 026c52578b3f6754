import { z } from 'zod'

/** What a test, or a person at a prompt, can break. Everything is whole at the start. */
export interface Faults {
  /** Requests whose path contains this text are never answered; the empty text means all of them. */
  hang: string | undefined
  /** Requests whose path contains this text get a 500. */
  fail: string | undefined
  /** New connections are closed at once, as when nothing listens. */
  refuse: boolean
  /** Events are lost on their way to whoever listens. */
  dropEvents: boolean
  /** `GET /containers/json` says that there is nothing. */
  emptyList: boolean
}

export function noFaults(): Faults {
  return { hang: undefined, fail: undefined, refuse: false, dropEvents: false, emptyList: false }
}

/** What can be broken, and mended by null, from another process. */
export const FaultsRequest = z.strictObject({ hang: z.string().max(256).nullable() })
