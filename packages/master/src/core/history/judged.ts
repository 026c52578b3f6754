import type { ContainerId, HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import type { Verdicts } from '../routes/derived.ts'
import { hostStream, type Note, ownPlace, type StateNote } from './note.ts'

/** What became of what a container asks for, as the change log keeps it. */
export type KeptVerdict = Omit<Verdict, 'host' | 'container' | 'containerName'>

export interface JudgedAt {
  readonly atMs: number
  /** What led to it, by container; absent: it is not known. */
  readonly causeOf: (container: ContainerId) => string
  /** In which the master that tells it led. */
  readonly epoch: number
}

/**
 * Verdicts that are others than before, as notes. Whoever compares two derivations sees at once which
 * hosts stayed the same: they are the same objects.
 */
export function* notesOfVerdicts(
  before: Verdicts,
  now: Verdicts,
  when: JudgedAt,
): Generator<StateNote> {
  for (const [host, own] of now) {
    const was = before.get(host)
    if (was === own) continue
    for (const [container, verdicts] of own) {
      const same = was?.get(container)
      if (same === verdicts || (same !== undefined && bodyOf(same) === bodyOf(verdicts))) continue
      yield judged(host, container, verdicts, when)
    }
  }
  for (const [host, own] of before) {
    const left = now.get(host)
    if (left === own) continue
    for (const [container, verdicts] of own) {
      if (left?.has(container) === true) continue
      yield { ...judged(host, container, verdicts, when), body: null }
    }
  }
}

/** All of them, for a log that may have missed some: what it has already is not news. */
export function* notesOfAllVerdicts(now: Verdicts, when: JudgedAt): Generator<Note> {
  const keys = [...now].flatMap(([host, own]) => [...own.keys()].map((id) => verdictKey(host, id)))
  const { atMs, epoch } = when
  const place = ownPlace(epoch)
  yield { kind: 'whole', place, atMs, cause: MEANWHILE, of: 'verdict', keys }
  for (const [host, own] of now) {
    for (const [container, verdicts] of own) {
      const note = judged(host, container, verdicts, when)
      yield { ...note, cause: MEANWHILE, among: true }
    }
  }
}

/** Whoever was not there saw no cause. */
export const MEANWHILE = 'found so when this master began to look'

export function verdictKey(host: string, container: string): string {
  return `${hostStream(host)} ${container}`
}

function judged(
  host: HostId,
  container: ContainerId,
  verdicts: readonly Verdict[],
  { atMs, causeOf, epoch }: JudgedAt,
): StateNote {
  const domains = verdicts.flatMap(({ domain }) => domain ?? [])
  return {
    kind: 'state',
    place: ownPlace(epoch),
    atMs,
    cause: causeOf(container),
    thing: {
      kind: 'verdict',
      key: verdictKey(host, container),
      host,
      name: verdicts[0]?.containerName ?? '',
    },
    body: bodyOf(verdicts),
    among: false,
    domains: [...new Set(domains)],
  }
}

function bodyOf(verdicts: readonly Verdict[]): string {
  return JSON.stringify(
    verdicts.map(
      ({ host: _host, container: _container, containerName: _name, ...kept }): KeptVerdict => kept,
    ),
  )
}
