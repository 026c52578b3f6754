import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Raw } from '../raw.ts'
import type { StreamPlan } from '../topology.ts'

export interface Kept {
  readonly seq: number
  readonly subject: string
  readonly value: Raw
}

export type Appended =
  | { readonly kind: 'stored'; readonly seq: number; readonly duplicate: boolean }
  | { readonly kind: 'wrong-sequence'; readonly last: number }
  | { readonly kind: 'too-large' }

/** One stream as the server keeps it: a sequence, and by its plan all messages or the last ones. */
export class MemoryStream {
  readonly plan: StreamPlan
  readonly #kept = new Map<number, Kept>()
  readonly #lastBySubject = new Map<string, number>()
  readonly #seqByMessageId = new Map<string, number>()
  readonly #bells = new Set<Bell>()
  #last = 0
  #born = 1

  constructor(plan: StreamPlan) {
    this.plan = plan
  }

  get last(): number {
    return this.#last
  }

  /** Differs after every wipe, as the time of creation does in a real server. */
  get born(): number {
    return this.#born
  }

  append(subject: string, value: Raw, expected: { id?: string; last?: number }): Appended {
    const { id, last } = expected
    if (Buffer.byteLength(value.text) > this.plan.messageBytesMax) return { kind: 'too-large' }
    const earlier = id === undefined ? undefined : this.#seqByMessageId.get(id)
    if (earlier !== undefined) return { kind: 'stored', seq: earlier, duplicate: true }
    if (last !== undefined && last !== this.#last)
      return { kind: 'wrong-sequence', last: this.#last }
    const seq = (this.#last += 1)
    this.#forgetBefore(subject, seq)
    this.#kept.set(seq, { seq, subject, value })
    if (id !== undefined) this.#seqByMessageId.set(id, seq)
    this.ring()
    return { kind: 'stored', seq, duplicate: false }
  }

  /** The first message after `cursor` whose subject begins with `prefix`. */
  after(cursor: number, prefix: string): Kept | undefined {
    for (let seq = cursor + 1; seq <= this.#last; seq += 1) {
      const kept = this.#kept.get(seq)
      if (kept?.subject.startsWith(prefix)) return kept
    }
    return undefined
  }

  lastOf(subject: string): Kept | undefined {
    const seq = this.#lastBySubject.get(subject)
    return seq === undefined ? undefined : this.#kept.get(seq)
  }

  /** As if the disk had been replaced. */
  wipe(): void {
    this.#kept.clear()
    this.#lastBySubject.clear()
    this.#seqByMessageId.clear()
    this.#last = 0
    this.#born += 1
    this.ring()
  }

  /** A bell that rings at every change until it is disposed. */
  listen(): { readonly bell: Bell } & Disposable {
    const bell = new Bell()
    this.#bells.add(bell)
    return { bell, [Symbol.dispose]: () => void this.#bells.delete(bell) }
  }

  ring(): void {
    for (const bell of this.#bells) bell.ring()
  }

  #forgetBefore(subject: string, seq: number): void {
    const before = this.#lastBySubject.get(subject)
    if (before !== undefined && this.plan.perSubjectMax === 1) this.#kept.delete(before)
    this.#lastBySubject.set(subject, seq)
  }
}
