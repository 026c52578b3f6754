import { setTimeout as wait } from 'node:timers/promises'
import { PROGRAM_PATH, programNode, ROOT } from './paths.mjs'
import { membersOf } from './processes.mjs'
import { run } from './run.mjs'

/** How long the leftovers of a program that died get to end by themselves. */
const LEFTOVERS_MS = 5_000
const LOOK_MS = 50

/**
 * Runs one of our programs to its end. Whatever it leaves in its process group, because it was
 * killed before it could end its own children, is ended too.
 *
 * @param {string[]} program file and arguments
 * @returns {Promise<number>} its exit code
 */
export async function launch(program) {
  let group = 0
  const code = await run([programNode() ?? process.execPath, ...program], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, PATH: PROGRAM_PATH },
    onStart: (pid) => {
      group = pid
    },
  })
  await endGroup(group)
  return code
}

/** @param {number} group */
async function endGroup(group) {
  if (group === 0 || membersOf(group) === 0) return
  signalGroup(group, 'SIGTERM')
  const deadline = performance.now() + LEFTOVERS_MS
  while (membersOf(group) > 0 && performance.now() < deadline) await wait(LOOK_MS)
  if (membersOf(group) > 0) signalGroup(group, 'SIGKILL')
}

/** @param {number} group @param {NodeJS.Signals} signal */
function signalGroup(group, signal) {
  try {
    process.kill(-group, signal)
  } catch {
    // The last of them ended between the look and the signal.
  }
}
