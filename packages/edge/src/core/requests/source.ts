import type { Tally } from './counts.ts'

export interface Taken {
  readonly tally: Tally
  /** Requests that nginx has served meanwhile and that nobody could count. */
  readonly lost: number
}

/** Where an edge gets its counts from; each tier has its own. */
export interface RequestSource {
  /** What has ended since it was asked last; undefined when nginx does not answer. */
  take(): Promise<Taken | undefined>
  /** All that was taken has been told to the masters: from the next take on it is kept for nobody. */
  told(): void
}
