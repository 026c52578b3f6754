/** What SQLite said: `errcode` is its own number, with more in the higher bits. */
interface SqliteError {
  readonly errcode: number
  readonly message: string
}

const CORRUPT = 11
const FULL = 13
const NOT_A_DATABASE = 26

/** The file is of no use, and will not be by waiting. */
export function isBroken(error: unknown): boolean {
  const code = codeOf(error)
  return code === CORRUPT || code === NOT_A_DATABASE
}

/** For people. */
export function troubleText(error: unknown): string {
  if (codeOf(error) === FULL) return 'the disk is full'
  return error instanceof Error ? error.message : String(error)
}

function codeOf(error: unknown): number | undefined {
  return isSqliteError(error) ? error.errcode & 255 : undefined
}

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number'
}
