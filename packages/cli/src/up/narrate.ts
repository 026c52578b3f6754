import { type StatusView, StatusView as Status } from '@roadstead/shared/protocol/http.ts'
import { paint, printable } from '../core/cell.ts'
import type { Shell } from '../shell.ts'
import type { Federation } from './federation.ts'

/** Often enough that a change of leader is told while it still matters. */
const LOOK_MS = 2_000

/** Until asked to stop: a line for each change that a person at this terminal should know. */
export async function narrate(shell: Shell, { api }: Federation): Promise<void> {
  const { clock, output, signal } = shell
  let told: StatusView | undefined
  while (!signal.aborted) {
    const now = await api
      .ask({ method: 'GET', path: '/status', answer: Status })
      .catch(() => undefined)
    if (now !== undefined) {
      for (const line of changes(told, now, output.page.colour)) output.note(`${line}\n`)
      told = now
    }
    await clock.sleep(LOOK_MS, signal)
  }
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
  const known = new Set(before?.warnings.map(({ what }) => what))
  for (const { what, remedy } of now.warnings) {
    if (known.has(what)) continue
    lines.push(`${paint('▲', 'warn', colour)} ${printable(what)} → ${printable(remedy)}`)
  }
  if (before !== undefined && before.counts.routes !== now.counts.routes) {
    lines.push(`  ${now.counts.routes} routes, ${now.counts.services} services`)
  }
  return lines
}
