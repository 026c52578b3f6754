import type { WriteStream } from 'node:tty'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { paint, printable } from '../core/cell.ts'
import type { Page } from '../core/table.ts'
import { ServerProblem } from '../io/server-problem.ts'

/** Where a command writes to, so that a test can read what it wrote. */
export interface Output {
  readonly page: Page
  readonly terminal: boolean
  write(text: string): void
  /** For people beside the data: progress, warnings, errors. */
  note(text: string): void
}

/** Columns when the output is no terminal: what golden files and mails are read in. */
const PIPED_WIDTH = 140

export function processOutput(stdout: WriteStream, stderr: WriteStream, noColour: boolean): Output {
  const terminal = stdout.isTTY
  return {
    page: {
      width: terminal ? Math.max(40, stdout.columns) : PIPED_WIDTH,
      colour: terminal && !noColour,
      wide: false,
    },
    terminal,
    write: (text) => void stdout.write(text),
    note: (text) => void stderr.write(text),
  }
}

/** What a person reads when a command fails: what happened, and what to do next. */
export function describeError(error: unknown, colour: boolean): string {
  const mark = paint('error', 'bad', colour)
  if (error instanceof ServerProblem) {
    const { code, detail, hint } = error.problem
    const what = `${mark} ${code} from ${error.server}: ${printable(detail)}\n`
    return hint === '' ? what : `${what}→ ${printable(hint)}\n`
  }
  if (error instanceof RoadsteadError) {
    const what = `${mark} ${error.code}: ${printable(error.message)}\n`
    return `${what}→ ${printable(error.remedy)}\n`
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `${mark} internal: ${text}\n`
}
