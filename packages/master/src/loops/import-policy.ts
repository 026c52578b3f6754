import { Bell } from '@roadstead/shared/kernel/bell.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { POLICY_CHARACTERS_MAX, type PolicyProblem } from '@roadstead/shared/protocol/policy.ts'
import { planImport } from '../core/policy/plan-import.ts'
import type { PolicyDecision } from '../core/policy/policy-of.ts'
import type { Leadership } from './leadership.ts'
import type { PolicyDraft } from './policy-office.ts'

/** The file that is configured, and on this master's own disk which of its texts was taken last. */
export interface PolicyFile {
  readonly path: string
  read(): Promise<string>
  taken(): Promise<string | undefined>
  take(digest: string): Promise<void>
}

export interface ImportPolicyDeps {
  readonly file: PolicyFile
  readonly master: string
  readonly readText: (
    text: string,
  ) =>
    | { readonly kind: 'read'; readonly value: PolicyDecision['document'] }
    | { readonly kind: 'faulty'; readonly problems: readonly PolicyProblem[] }
  readonly office: {
    current(): PolicyDecision | undefined
    apply(draft: PolicyDraft): Promise<PolicyDecision>
  }
  readonly leadership: Pick<Leadership, 'state' | 'onChange'>
  readonly settle: { readonly isCaughtUp: boolean }
  /** What is wrong with the file, in one sentence, for `status` and `doctor`. */
  readonly tell: (problem: string | undefined) => void
  readonly digest: Digest
  readonly clock: Clock
  readonly log: Log
}

/**
 * Looks at the policy file at the start and whenever the leadership changes, and as the leader makes of
 * it a decision, if `planImport` says so. A file that cannot be read, or is wrong, changes nothing: the
 * site goes by the policy that it has.
 */
export async function importPolicy(deps: ImportPolicyDeps, signal: AbortSignal): Promise<void> {
  const { clock, leadership, settle } = deps
  const bell = new Bell()
  using _led = leadership.onChange(() => bell.ring())
  while (!signal.aborted) {
    // What the site has is known only when the control stream has been read to its end.
    const isDone = settle.isCaughtUp && (await looked(deps))
    using _again = isDone ? undefined : clock.after(AGAIN_MS, () => bell.ring())
    await bell.rung(signal)
  }
}

/** A bus that is away comes back within seconds; a file that somebody corrects may take longer. */
const AGAIN_MS = 2_000

/** False: to be looked at again soon. */
async function looked(deps: ImportPolicyDeps): Promise<boolean> {
  const { digest, file, leadership, log, office, tell } = deps
  const { path } = file
  const found = await readPolicy(deps)
  tell(found.kind === 'faulty' ? found.why : undefined)
  if (found.kind === 'faulty') {
    log.warn({ path, error: found.why }, 'policy file not taken')
    return true
  }
  const { document, text } = found
  const [own, current, taken] = [digest(text), office.current(), await file.taken()]
  const leads = leadership.state().kind === 'leader'
  const known = { inForce: current?.digest, imported: current?.imported, taken }
  const step = planImport({ leads, file: own, ...known })
  if (step === 'superseded') log.info({ path, by: current?.by }, 'policy file was overruled since')
  try {
    if (step === 'import') {
      const by = `policy file of ${deps.master}`
      await office.apply({ text, document, instead: current?.digest, by, isImport: true })
    }
    if (step === 'import' || step === 'note') await file.take(own)
    return true
  } catch (error) {
    log.warn({ err: error, path }, 'policy file not imported')
    return false
  }
}

type Found =
  | { readonly kind: 'text'; readonly text: string; readonly document: PolicyDecision['document'] }
  | { readonly kind: 'faulty'; readonly why: string }

async function readPolicy({ file, readText }: ImportPolicyDeps): Promise<Found> {
  const { path } = file
  try {
    const text = await file.read()
    if (text.length > POLICY_CHARACTERS_MAX) {
      return { kind: 'faulty', why: `${path} has more than ${POLICY_CHARACTERS_MAX} characters` }
    }
    const reading = readText(text)
    if (reading.kind === 'read') return { kind: 'text', text, document: reading.value }
    const [first] = reading.problems
    const where = first === undefined ? path : `${path}:${first.line}:${first.column} ${first.key}`
    return { kind: 'faulty', why: `${where} ${first?.what ?? 'It cannot be read.'}` }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return { kind: 'faulty', why: `${path} cannot be read (${code})` }
  }
}
