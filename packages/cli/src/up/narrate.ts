import { type StatusView, StatusView as Status } from '@roadstead/shared/protocol/http.ts'
import { paint, printable } from '../core/cell.ts'
import type { Shell } from '../shell.ts'
import type { Federation } from './federation.ts'

/** Often enough that a change of leader is told while it still matters. */
const LOOK_MS = 2_000

/** What passes by itself within this, as after a start, is not worth a line. */
const LASTING_MS = 20_000

/** Until asked to stop: a line for each change that a person at this terminal should know. */
export async function narrate(shell: Shell, { api }: Federation): Promise<void> {
  const { clock, output, signal } = shell
  let told: StatusView | undefined
  const warned = new Map<string, number>()
  while (!signal.aborted) {
    const now = await api
      .ask({ method: 'GET', path: '/status', answer: Status })
      .catch(() => undefined)
    if (now !== undefined) {
      const lines = [
        ...changes(told, now, output.page.colour),
        ...lasting(warned, now, clock.monoMs(), output.page.colour),
      ]
      for (const line of lines) output.note(`${line}\n`)
      told = now
    }
    await clock.sleep(LOOK_MS, signal)
  }
}

/** Warnings that have lasted, each once; those that went are forgotten and may be told again. */
function lasting(
  seenAtMs: Map<string, number>,
  { warnings }: StatusView,
  nowMs: number,
  colour: boolean,
): string[] {
  const current = new Set(warnings.map(({ what }) => what))
  for (const what of seenAtMs.keys()) if (!current.has(what)) seenAtMs.delete(what)
  return warnings.flatMap(({ what, remedy }) => {
    const seenAt = seenAtMs.get(what) ?? nowMs
    const isDue = nowMs - seenAt >= LASTING_MS
    seenAtMs.set(what, isDue ? Number.POSITIVE_INFINITY : seenAt)
    return isDue ? [`${paint('▲', 'warn', colour)} ${printable(what)} → ${printable(remedy)}`] : []
  })
}

function changes(before: StatusView | undefined, now: StatusView, colour: boolean): string[] {
  const lines: string[] = []
  if (before !== undefined && before.leader?.epoch !== now.leader?.epoch) {
    lines.push(
      now.leader === undefined
        ? `${paint('▲', 'warn', colour)} nobody leads; what is in force goes on serving`
        : `  ${now.leader.url} leads now (epoch ${now.leader.epoch})`,
    )
  }
  if (before !== undefined && before.counts.routes !== now.counts.routes) {
    lines.push(`  ${now.counts.routes} routes, ${now.counts.services} services`)
  }
  return lines
}
