import fs from 'node:fs'
import path from 'node:path'

/** Two files of this size per role are days of ordinary logging. */
const LOG_BYTES_MAX = 10 * 1024 * 1024

/** What is shown of a role that died: enough for the last error with its cause. */
const TAIL_BYTES = 4_096

/**
 * The log of one role: it writes straight into the file, so that nothing stands between it and its
 * log, and nothing blocks it when we are stopped or die.
 */
export interface RoleLog {
  readonly file: string
  /** A file descriptor for the role's output; the caller closes it after the start. */
  open(): number
  /**
   * Keeps the newest part in `<file>.1` and empties the file when it has grown too large. Roles append, so
   * they go on at its start; the few lines written between copy and cut are lost.
   */
  rotate(): void
  /** The last lines. */
  tail(lines: number): string[]
}

export function roleLog(file: string): RoleLog {
  return {
    file,
    open() {
      fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
      return fs.openSync(file, 'a', 0o600)
    },
    rotate() {
      if ((fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0) <= LOG_BYTES_MAX) return
      fs.copyFileSync(file, `${file}.1`)
      fs.truncateSync(file, 0)
    },
    tail: (lines) => tailOf(file).split('\n').filter(Boolean).slice(-lines),
  }
}

function tailOf(file: string): string {
  const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (size === 0) return ''
  const fd = fs.openSync(file, 'r')
  try {
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES))
    fs.readSync(fd, buffer, 0, buffer.length, size - buffer.length)
    return buffer.toString('utf8')
  } finally {
    fs.closeSync(fd)
  }
}
