import type { RouteDomain } from '@roadstead/shared/protocol/route.ts'

/** What this edge knows of a certificate that nginx takes. Its key is known to nobody but its file. */
export interface Certificate {
  /** What people call it: a file of the folder, or an object of the masters. */
  readonly name: string
  readonly source: 'folder' | 'object'
  /** For which it may speak; a wildcard is for names with one label more. Sorted, each once. */
  readonly names: readonly RouteDomain[]
  readonly notBeforeMs: number
  readonly notAfterMs: number
  readonly issuer: string
  /** SHA-256 of the certificate, which tells it from all others. */
  readonly fingerprint: string
  /** Files beside the text of nginx, named by what is in them. */
  readonly chainFile: string
  readonly keyFile: string
}

/**
 * The best one first: valid now, then valid for longest. Equal ones are told apart by their content,
 * so that every edge with the same certificates shows the same one.
 */
export function byWorth(nowMs: number): (a: Certificate, b: Certificate) => number {
  return (a, b) =>
    Number(isValid(b, nowMs)) - Number(isValid(a, nowMs)) ||
    b.notAfterMs - a.notAfterMs ||
    (a.fingerprint < b.fingerprint ? -1 : a.fingerprint > b.fingerprint ? 1 : 0) ||
    (a.keyFile < b.keyFile ? -1 : 1)
}

/** When the order of `byWorth` may be another one by time alone; undefined when it never is again. */
export function nextTurnMs(list: readonly Certificate[], nowMs: number): number | undefined {
  const turns = list
    .flatMap(({ notBeforeMs, notAfterMs }) => [notBeforeMs, notAfterMs + 1])
    .filter((atMs) => atMs > nowMs)
  return turns.length === 0 ? undefined : Math.min(...turns)
}

function isValid({ notBeforeMs, notAfterMs }: Certificate, nowMs: number): boolean {
  return notBeforeMs <= nowMs && nowMs <= notAfterMs
}
