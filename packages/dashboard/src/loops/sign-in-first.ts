import type { Connection } from '../core/connection.ts'
import type { Credential, SignIn } from '../core/sign-in.ts'

export interface SignInDeps {
  /** The one-time code of the link that opened this page; taken out of the address by then. */
  readonly code: string | undefined
  signIn(credential: Credential): Promise<SignIn>
  checkSession(): Promise<SignIn>
}

/**
 * Settles at start whether this page may read: by the code of its link, else by the session that
 * the browser may still have. With no master in sight the page goes on: its live feed keeps
 * trying, and asks about the session again when one answers.
 */
export async function signInFirst(deps: SignInDeps): Promise<Connection> {
  if (deps.code !== undefined) {
    const byCode = await deps.signIn({ code: deps.code })
    if (byCode.kind === 'signed-in') return { kind: 'connecting' }
  }
  const session = await deps.checkSession()
  if (session.kind !== 'refused') return { kind: 'connecting' }
  const why =
    deps.code === undefined ? '' : 'This sign-in link has been used already, or has expired.'
  return { kind: 'signed-out', why }
}
