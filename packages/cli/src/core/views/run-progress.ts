import type { RunView } from '@roadstead/shared/protocol/http.ts'
import { cut, paint } from '../cell.ts'
import type { Page } from '../table.ts'
import { logText, memberLine, progressOf, titleOf, tookOf } from './run.ts'

type Entry = RunView['log'][number]

/** Containers named at a time; a person who wants all of them asks for the run itself. */
const NAMED_MAX = 8

/** What a terminal shows at its end while a run goes on: a few lines, redrawn in place. */
export function progressBlock(run: RunView, nowMs: number, page: Page): string {
  const underWay = run.members.filter(({ phase }) => !isStill(phase))
  const named = underWay.slice(0, NAMED_MAX)
  const waiting = run.members.filter(({ phase }) => phase === 'waiting').length
  const more = underWay.length - named.length
  const rest = [more > 0 ? `${more} more under way` : '', waiting > 0 ? `${waiting} waiting` : '']
    .filter((text) => text !== '')
    .join(', ')
  const through = run.members.length === 0 ? '' : `${progressOf(run)} done  `
  const head = `${titleOf(run)}  ${through}${tookOf(run, nowMs)}`
  const lines = [
    paint(cut(head, page.width), 'dim', page.colour),
    ...named.map((member) => memberLine(member, named, page)),
    ...(rest === '' ? [] : [paint(`  · ${rest}`, 'dim', page.colour)]),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

function isStill(phase: RunView['members'][number]['phase']): boolean {
  return phase === 'waiting' || phase === 'done' || phase === 'left'
}

/**
 * Entries of the log that were not there before. The log of a long run may lose its oldest entries, so
 * it is the last one seen that is looked for, and not how many there were.
 */
export function newEntries(seen: Entry | undefined, log: readonly Entry[]): readonly Entry[] {
  if (seen === undefined) return log
  const at = log.findLastIndex((entry) => entry.at === seen.at && entry.text === seen.text)
  return log.slice(at + 1)
}

export function logLines(entries: readonly Entry[], page: Page): string {
  return entries.map((entry) => `${logText(entry, page)}\n`).join('')
}
