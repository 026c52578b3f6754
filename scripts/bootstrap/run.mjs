import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { GiveUp } from './say.mjs'

/** @typedef {'SIGINT' | 'SIGTERM' | 'SIGHUP'} Passed */
/** @type {Passed[]} */
const PASSED = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** @type {import('node:child_process').ChildProcess | undefined} */
let current
/** @type {Passed | undefined} */
let received
let receivedAt = 0

/**
 * Ctrl-C reaches this process twice: from the terminal, and again from npm, which passes on
 * what it gets. A program may take a second signal for "hurry", so twins are dropped.
 */
const TWIN_MS = 300

/** From here on no signal ends this process by itself: it goes to whatever runs just now. */
export function watchSignals() {
  for (const signal of PASSED) {
    process.on(signal, () => {
      const now = performance.now()
      const twin = received === signal && now - receivedAt < TWIN_MS
      received = signal
      receivedAt = now
      if (!twin) current?.kill(signal)
    })
  }
}

/** Stops between two steps when a signal came meanwhile. */
export function stopIfAsked() {
  if (received !== undefined) throw new GiveUp('', exitCodeOf(received))
}

/** @param {NodeJS.Signals} signal what a shell reports for it */
function exitCodeOf(signal) {
  return 128 + (constants.signals[signal] ?? 0)
}

/**
 * Runs a command to its end. It gets a process group of its own, so a signal reaches it once:
 * from us, or not at all when `shielded` (half an apt-get is worse than a late one).
 *
 * @param {string[]} command
 * @param {{env?: NodeJS.ProcessEnv, cwd?: string, stdio?: import('node:child_process').StdioOptions,
 *   shielded?: boolean, onStart?: (pid: number) => void}} options
 * @returns {Promise<number>} exit code; 128 + n after signal n; 127 when it cannot be started
 */
export async function run([file = '', ...args], options = {}) {
  stopIfAsked()
  const { shielded = false, onStart, ...rest } = options
  const child = spawn(file, args, { stdio: ['ignore', 2, 2], ...rest, detached: true })
  if (!shielded) current = child
  if (child.pid !== undefined) onStart?.(child.pid)
  const code = await new Promise((resolve) => {
    child.on('error', () => resolve(127))
    child.on('exit', (exitCode, signal) => {
      resolve(signal === null ? (exitCode ?? 1) : exitCodeOf(signal))
    })
  })
  current = undefined
  return code
}
