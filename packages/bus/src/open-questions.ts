/**
 * Questions of one subject that are answered at the same time. A subject belongs to one host, so a host
 * that floods shuts out nobody but itself. What is beyond gets no answer, and whoever asked asks again.
 */
export const OPEN_PER_SUBJECT_MAX = 64

/** Counts what is being answered, so that nobody can make it grow without end. */
export class OpenQuestions {
  readonly #openBySubject = new Map<string, number>()

  /** Begins one, and ends it when disposed of; undefined when the subject has too many. */
  begin(subject: string): Disposable | undefined {
    const open = this.#openBySubject.get(subject) ?? 0
    if (open >= OPEN_PER_SUBJECT_MAX) return undefined
    this.#openBySubject.set(subject, open + 1)
    return { [Symbol.dispose]: () => this.#end(subject) }
  }

  #end(subject: string): void {
    const open = (this.#openBySubject.get(subject) ?? 0) - 1
    if (open > 0) this.#openBySubject.set(subject, open)
    else this.#openBySubject.delete(subject)
  }
}
