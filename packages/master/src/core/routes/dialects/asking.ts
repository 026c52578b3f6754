import type { Reading } from '../intent.ts'

/** What a container asks for in one language. */
export interface Asking {
  readonly reading: Reading
  /**
   * The container itself means to be served by it. Otherwise its image asks, or it is switched off:
   * told to people where nothing else is asked for, and no reason to overhear another language.
   */
  readonly isMeant: boolean
}
