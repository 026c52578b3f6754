import type { RunView } from '@roadstead/shared/protocol/http.ts'

/** Runs on the page; whoever wants older ones asks the command line. */
export const RUNS_MAX = 20

/** Containers of one run that are named; of a larger one, those that something happens to come first. */
export const MEMBERS_MAX = 12

type Member = RunView['members'][number]

/** What is under way comes first, and then what ended last. */
export function inOrder(runs: readonly RunView[]): readonly RunView[] {
  return runs.toSorted(
    (a, b) =>
      Number(b.state === 'running') - Number(a.state === 'running') ||
      Date.parse(b.since) - Date.parse(a.since),
  )
}

/** `2 of 5 containers done`; nothing where no container is worked on, as with a host's undrain. */
export function progressOf({ members }: Pick<RunView, 'members'>): string {
  if (members.length === 0) return ''
  const through = members.filter(({ phase }) => phase === 'done' || phase === 'left').length
  const noun = members.length === 1 ? 'container' : 'containers'
  return `${through} of ${members.length} ${noun} done`
}

/** How long it took, or takes so far: seconds are enough for a page. */
export function tookOf({ endedAt, since }: RunView, nowMs: number): string {
  const end = endedAt === undefined ? nowMs : Date.parse(endedAt)
  const seconds = Math.max(0, (end - Date.parse(since)) / 1_000)
  if (seconds < 10) return `${seconds.toFixed(1)} s`
  return seconds < 120 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`
}

/** The containers to name, and how many are not. */
export function membersShown(members: readonly Member[]): {
  readonly named: readonly Member[]
  readonly more: number
} {
  if (members.length <= MEMBERS_MAX) return { named: members, more: 0 }
  const named = members.toSorted((a, b) => rankOf(a) - rankOf(b)).slice(0, MEMBERS_MAX)
  return { named, more: members.length - named.length }
}

function rankOf({ phase }: Member): number {
  if (phase === 'failed') return 0
  if (phase === 'waiting') return 2
  return phase === 'done' || phase === 'left' ? 3 : 1
}
