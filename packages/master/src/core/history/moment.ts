import type { KeptVerdict } from './judged.ts'
import type { Picture } from './picture.ts'

/** What the change log says about a moment; what a question about the past is answered from. */
export interface Moment {
  readonly atMs: number
  /** Before this, nothing is known of what became of routes. */
  readonly beginsMs: number
  /** This master was not there: nothing between these is known. */
  readonly gap?: { readonly fromMs: number; readonly toMs: number }
  /** Changes about then that could not be kept. */
  readonly lost: number
  /** Containers of that name, or such as asked for that domain. */
  readonly containers: readonly ContainerThen[]
  /** There are more than are told of here. */
  readonly more: boolean
  /** The subject is a domain. */
  readonly byDomain: boolean
}

export interface ContainerThen {
  readonly id: string
  readonly host: string
  readonly hostName: string
  readonly name: string
  readonly looked: Then<Picture>
  readonly verdicts: Then<readonly KeptVerdict[]>
  readonly presence: Then<Picture>
  /** By itself, and its host. */
  readonly drains: readonly Picture[]
}

/** `unknown`: nothing had been said of it by then. */
export type Then<Body> =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'gone'; readonly atMs: number; readonly cause: string }
  | { readonly kind: 'there'; readonly atMs: number; readonly cause: string; readonly body: Body }
