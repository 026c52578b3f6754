import type { RunView } from '@roadstead/shared/protocol/http.ts'
import { cut, pad, paint, printable, type Tone, widthOf } from '../cell.ts'
import { foldAfter } from '../fold.ts'
import { since, timeOfDay } from '../span.ts'
import { type Page, WIDE } from '../table.ts'

type Member = RunView['members'][number]

/** What a run did, once it is done. */
const DONE: Record<RunView['verb'], string> = {
  drain: 'is drained, and no edge that reports uses it any more',
  undrain: 'may be routed again',
  restart: 'was restarted and serves again',
  rollout: 'was rolled out',
  'let-go': 'was let go',
}

const MARKS: Record<Member['phase'], readonly [string, Tone]> = {
  waiting: ['·', 'dim'],
  draining: ['◌', 'warn'],
  acting: ['◐', 'warn'],
  returning: ['◑', 'warn'],
  done: ['✓', 'good'],
  left: ['✓', 'good'],
  failed: ['✕', 'bad'],
}

const STATES: Record<RunView['state'], Tone> = {
  running: 'warn',
  done: 'good',
  failed: 'bad',
  cancelled: 'bad',
}

/** `rollout of shop/web`, `drain of alpha`: a run in words, safe for a terminal. */
export function titleOf({ verb, target }: Pick<RunView, 'verb' | 'target'>): string {
  return printable(`${verb} of ${target}`)
}

export function stateTone(state: RunView['state']): Tone {
  return STATES[state]
}

/** Containers that are through, of all: `2/5`; a host's undrain works on none. */
export function progressOf({ members }: Pick<RunView, 'members'>): string {
  if (members.length === 0) return '-'
  const through = members.filter(({ phase }) => phase === 'done' || phase === 'left').length
  return `${through}/${members.length}`
}

/** How long it took, or takes so far. */
export function tookOf({ since: began, endedAt }: RunView, nowMs: number): string {
  return since(began, endedAt === undefined ? nowMs : Date.parse(endedAt))
}

/** One run with everything that is known about it. */
export function runText(run: RunView, nowMs: number, page: Page): string {
  const room = page.wide ? WIDE : page.width
  const state = paint(run.state, stateTone(run.state), page.colour)
  const atOnce = run.verb === 'rollout' ? `, ${run.atOnce} at a time` : ''
  const why = run.why === '' ? '' : `: ${printable(run.why)}`
  const lines = [
    ...foldAfter('run     ', 8, `${titleOf(run)}${atOnce}`, room),
    `id      ${run.id}`,
    `state   ${state}, ${run.state === 'running' ? 'for' : 'took'} ${tookOf(run, nowMs)}`,
    ...foldAfter('by      ', 8, `${printable(run.by) || '-'}${why}`, room),
    ...run.members.map((member) => memberLine(member, run.members, page)),
    ...(run.unwatched === undefined ? [] : [`  · and ${run.unwatched} more, not watched`]),
    ...run.log.map((entry) => logText(entry, page)),
  ]
  return `${lines.join('\n')}\n${run.state === 'running' ? '' : outcomeText(run, nowMs, page)}`
}

export function memberLine(member: Member, all: readonly Member[], page: Page): string {
  const [mark, tone] = MARKS[member.phase]
  const longest = Math.max(...all.map(({ path }) => widthOf(printable(path))))
  const width = page.wide ? longest : Math.min(longest, page.width - PHASE_ROOM)
  const name = pad(cut(printable(member.path), width), width)
  return `  ${paint(mark, tone, page.colour)} ${name}  ${paint(member.phase, tone, page.colour)}`
}

/** A mark, blanks, and the longest word for a phase. */
const PHASE_ROOM = 4 + 2 + 'returning'.length

/** Folded, never cut: what a run waited for stands at the end of its sentences. */
export function logText({ at, text }: RunView['log'][number], page: Page): string {
  const start = `${timeOfDay(at)}  `
  const room = page.wide ? WIDE : page.width
  return foldAfter(start, start.length, printable(text), room).join('\n')
}

/** How it ended: after a failure what failed, what was left as it was, and what to do now. */
export function outcomeText(run: RunView, nowMs: number, page: Page): string {
  const room = page.wide ? WIDE : page.width
  const took = tookOf(run, nowMs)
  if (run.state === 'done') {
    const mark = paint('✓', 'good', page.colour)
    const count = countOf(run)
    const about = count === '' ? took : `${count}, ${took}`
    const what = `${printable(run.target)} ${DONE[run.verb]} (${about})`
    return `${foldAfter(`${mark} `, 2, what, room).join('\n')}\n`
  }
  const mark = paint('✕', 'bad', page.colour)
  const pathsIn = (...phases: Member['phase'][]): string =>
    run.members
      .filter(({ phase }) => phases.includes(phase))
      .map(({ path }) => printable(path))
      .join(' ')
  const facts = [
    ['failed', pathsIn('failed')],
    ['done', pathsIn('done', 'left')],
    ['begun', pathsIn('draining', 'acting', 'returning')],
    ['left untouched', pathsIn('waiting')],
  ].filter(([, paths]) => paths !== '')
  const last = run.log.at(-1)
  const why = last === undefined ? '' : `: ${printable(last.text)}`
  const lines = [
    ...foldAfter(`${mark} `, 2, `${titleOf(run)} ${run.state} after ${took}${why}`, room),
    ...facts.flatMap(([name = '', paths = '']) => foldAfter(`  ${name}: `, 4, paths, room - 16)),
    ...(run.remedy === undefined ? [] : foldAfter('→ ', 2, printable(run.remedy), room)),
  ]
  return `${lines.join('\n')}\n`
}

function countOf({ members }: RunView): string {
  if (members.length === 0) return ''
  return members.length === 1 ? '1 container' : `${members.length} containers`
}
