import { ContainerId, HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Explanation } from '@roadstead/shared/protocol/http.ts'
import { reasonTable } from '@roadstead/shared/protocol/reasons.ts'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import { no, type Step, yes } from '../explain/step.ts'
import type { KeptVerdict } from './judged.ts'
import type { ContainerThen, Moment } from './moment.ts'

export type ExplainedAt =
  | { readonly kind: 'explained'; readonly explanation: Explanation }
  /** The log does not reach back so far. */
  | { readonly kind: 'before-log' }
  /** Nothing of that name is in it. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'ambiguous'; readonly names: readonly string[] }

/**
 * Why something was, or was not, routed at a moment in the past, from what the change log kept then. It
 * says no more than was kept: not which edge had it in force, and nothing of times at which this master
 * was not there.
 */
export function explainAt(subject: string, moment: Moment): ExplainedAt {
  const { atMs, beginsMs, byDomain } = moment
  if (moment.containers.length === 0) return { kind: 'unknown' }
  if (atMs < beginsMs) return { kind: 'before-log' }
  const meant = byDomain ? moment.containers : onesMeant(moment.containers)
  const isOne = byDomain || new Set(meant.map(({ host, id }) => `${host} ${id}`)).size <= 1
  if (!isOne) return { kind: 'ambiguous', names: meant.map(pathOf) }
  const wanted = byDomain ? domainOf(subject) : undefined
  const told = meant.map((container) => tell(container, wanted, byDomain))
  const steps = told.flatMap((each) => each.steps)
  const verdicts = told.flatMap((each) => each.verdicts)
  return {
    kind: 'explained',
    explanation: {
      subject,
      routed: verdicts.some(isRouted),
      steps: steps.length > 0 ? steps : [no('no container asked for it then')],
      verdicts,
      remedies: [],
      asOf: { at: rfc3339(atMs), begins: rfc3339(beginsMs), limits: limitsOf(moment) },
    },
  }
}

/** Of several of that name, one after the other: who was there then, or else who was there last. */
function onesMeant(all: readonly ContainerThen[]): readonly ContainerThen[] {
  const there = all.filter(({ looked }) => looked.kind === 'there')
  if (there.length > 0) return there
  const gone = all
    .flatMap((each) => (each.looked.kind === 'gone' ? [{ each, atMs: each.looked.atMs }] : []))
    .sort((a, b) => b.atMs - a.atMs)
  return [gone[0]?.each ?? all[0]].filter((each) => each !== undefined)
}

interface Told {
  readonly steps: readonly Step[]
  readonly verdicts: readonly Verdict[]
}

function tell(container: ContainerThen, domain: string | undefined, isOneOfMany: boolean): Told {
  const { verdicts } = container
  const kept = verdicts.kind === 'there' ? verdicts.body : []
  const meant = kept.filter((each) => domain === undefined || each.domain === domain)
  // Whoever asked for the name at another time has nothing to do with this moment.
  if (isOneOfMany && meant.length === 0) return { steps: [], verdicts: [] }
  const since =
    verdicts.kind === 'unknown'
      ? {}
      : {
          since: rfc3339(verdicts.atMs),
          ...(verdicts.cause !== '' && { 'because of': verdicts.cause }),
        }
  return {
    steps: [
      ...(isOneOfMany ? [] : containerSteps(container)),
      ...meant.map((each) => verdictStep(each, container, since)),
      ...(meant.length === 0 ? [nothingStep(container)] : []),
    ],
    verdicts: meant.map((each) => verdictOf(each, container)),
  }
}

function containerSteps({ drains, host, hostName, looked, presence }: ContainerThen): Step[] {
  const steps: Step[] = []
  const heard = presence.kind === 'there' ? (presence.body['presence'] ?? '') : 'present'
  const details = { host: hostName || host, presence: heard }
  const isPresent = heard === 'present'
  steps.push(isPresent ? yes('its host was heard', details) : no('its host was silent', details))
  switch (looked.kind) {
    case 'unknown':
      steps.push(no('nothing had been heard of it yet'))
      break
    case 'gone':
      steps.push(no('it was gone', { since: rfc3339(looked.atMs), 'because of': looked.cause }))
      break
    case 'there': {
      const { 'exit code': exitCode, health, state = '', stopping } = looked.body
      const more = {
        state,
        ...(health !== undefined && { health }),
        ...(exitCode !== undefined && { 'exit code': exitCode }),
        since: rfc3339(looked.atMs),
        'because of': looked.cause,
      }
      if (stopping !== undefined) steps.push(no('it had been told to stop', more))
      else steps.push(state === 'running' ? yes('it ran', more) : no('it did not run', more))
    }
  }
  for (const { by = '', run, why = '' } of drains) {
    steps.push(no('it was drained', { by, why, ...(run !== undefined && { run }) }))
  }
  return steps
}

function nothingStep({ verdicts }: ContainerThen): Step {
  if (verdicts.kind === 'unknown') return no('it had asked for no route yet')
  return no('it asked for no route', {
    ...(verdicts.kind === 'gone' && { since: rfc3339(verdicts.atMs) }),
  })
}

function verdictStep(
  verdict: KeptVerdict,
  container: ContainerThen,
  since: Readonly<Record<string, string>>,
): Step {
  const { details, domain, path, reason, route, service } = verdict
  const place = {
    container: pathOf(container),
    ...(domain === undefined ? { route } : { domain, path: path ?? '/' }),
    ...(service !== undefined && { service }),
  }
  if (isRouted(verdict)) return yes('in the table', { ...place, ...since })
  return no(reasonTable[reason].summary, { ...place, reason, ...details, ...since })
}

function verdictOf(verdict: KeptVerdict, { host, id, name }: ContainerThen): Verdict {
  const about = { host: HostId.parse(host), container: ContainerId.parse(id), containerName: name }
  return { ...about, ...verdict }
}

function isRouted({ reason }: Pick<Verdict, 'reason'>): boolean {
  return reasonTable[reason].state === 'routed'
}

function limitsOf({ gap, lost, more }: Moment): string[] {
  const limits = ['Which edge had it in force then is not kept route by route.']
  if (gap !== undefined) {
    const [from, to] = [rfc3339(gap.fromMs), rfc3339(gap.toMs)]
    limits.push(`This master did not run from ${from} to ${to}; it is told as it was before that.`)
  }
  if (lost > 0) limits.push(`${lost} changes about then could not be kept.`)
  if (more) limits.push('More containers asked for it than are looked at here.')
  return limits
}

function domainOf(subject: string): string {
  return subject.replace(/^https?:\/\//, '').split(/[/:]/)[0] ?? ''
}

function pathOf({ host, hostName, name }: ContainerThen): string {
  return `${hostName || host}/${name}`
}

function rfc3339(ms: number): string {
  return new Date(ms).toISOString()
}
