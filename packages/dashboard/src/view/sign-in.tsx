import { useSignal } from '@preact/signals'
import type { Credential } from '../core/sign-in.ts'

interface SignInProps {
  readonly why: string
  /** Answers with what went wrong, or with nothing. */
  readonly signIn: (credential: Credential) => Promise<string>
}

export function SignIn({ why, signIn }: SignInProps) {
  const problem = useSignal(why)
  const busy = useSignal(false)
  const submit = async (form: HTMLFormElement): Promise<void> => {
    const token = new FormData(form).get('token')
    if (typeof token !== 'string' || token.trim() === '') return
    busy.value = true
    problem.value = await signIn({ token: token.trim() })
    busy.value = false
  }
  return (
    <main class="sign-in">
      <form
        class="panel"
        onSubmit={(event) => {
          event.preventDefault()
          void submit(event.currentTarget)
        }}
      >
        <h2>Sign in</h2>
        {problem.value !== '' && (
          <p class="problem" role="alert">
            {problem.value}
          </p>
        )}
        <label>
          <span>API token</span>
          <input name="token" type="password" autocomplete="current-password" autofocus required />
        </label>
        <button type="submit" disabled={busy.value}>
          {busy.value ? 'Signing in…' : 'Sign in'}
        </button>
        <p class="faint">
          The first token is in the state directory (<code>.roadstead</code>) of the master.{' '}
          <code>roadstead up</code> also prints a link that signs you in once.
        </p>
      </form>
    </main>
  )
}
