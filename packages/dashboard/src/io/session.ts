import type { Credential, SignIn } from '../core/sign-in.ts'

const ANSWER_MS_MAX = 10_000

/** Trades a credential for a session cookie, which this page can use and never read. */
export function signIn(address: URL, credential: Credential): Promise<SignIn> {
  return ask(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(credential),
  })
}

/** Is there a valid session? */
export function checkSession(address: URL): Promise<SignIn> {
  return ask(address, {})
}

/** Ends the session here and at the server. */
export function signOut(address: URL): Promise<SignIn> {
  return ask(address, { method: 'DELETE' })
}

async function ask(address: URL, init: RequestInit): Promise<SignIn> {
  try {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX)
    const response = await fetch(address, { ...init, signal, cache: 'no-store' })
    if (response.ok) return { kind: 'signed-in' }
    // A server in trouble has not refused anybody.
    if (response.status >= 500) return { kind: 'unreachable' }
    return { kind: 'refused', why: whyOf(await response.json()) }
  } catch {
    return { kind: 'unreachable' }
  }
}

function whyOf(problem: unknown): string {
  const text = (key: string): string => {
    if (typeof problem !== 'object' || problem === null) return ''
    const value: unknown = Reflect.get(problem, key)
    return typeof value === 'string' ? value : ''
  }
  return [text('detail') || text('title'), text('hint')].filter(Boolean).join(' ')
}
