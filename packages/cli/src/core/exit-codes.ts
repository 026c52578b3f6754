import { errorTable, type ErrorCode } from '@roadstead/shared/kernel/errors.ts'

/** What every exit code means, for `roadstead help exit-codes` and the documentation. */
export const exitCodes: readonly { readonly code: number; readonly meaning: string }[] = [
  { code: 0, meaning: 'done; for explain: routed; for doctor: nothing failed' },
  { code: 1, meaning: 'failed; explain: not routed; doctor: a check failed; policy diff: differs' },
  { code: 2, meaning: 'wrong usage, input or configuration' },
  { code: 3, meaning: 'nothing, or more than one thing, has this name' },
  { code: 4, meaning: 'not signed in, or not allowed' },
  { code: 5, meaning: 'conflict: another one holds it, or this master does not lead' },
  { code: 6, meaning: 'a master, NATS, an agent or the engine cannot be reached' },
  { code: 7, meaning: 'it took longer than allowed' },
  { code: 8, meaning: 'the run failed; what it had not begun was left as it was' },
  { code: 130, meaning: 'interrupted' },
]

export const INTERRUPTED = 130
export const USAGE = 2
/** Asking went well, and what was asked for did not. */
export const RUN_FAILED = 8

export function exitCodeOf(code: string): number {
  return isErrorCode(code) ? errorTable[code].exit : 1
}

export function exitCodesText(): string {
  const lines = exitCodes.map(({ code, meaning }) => `${String(code).padStart(4)}  ${meaning}`)
  return `Exit codes\n${lines.join('\n')}\n`
}

function isErrorCode(code: string): code is ErrorCode {
  return code in errorTable
}
