import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { ROOT, readOr } from './paths.mjs'
import { startOf } from './processes.mjs'
import { stopIfAsked } from './run.mjs'
import { GiveUp, say } from './say.mjs'

/** One setup at a time per clone: two `npm ci` in one folder destroy each other. */
export const SETUP_LOCK = path.join(ROOT, '.roadstead', 'setup.lock')

/** `npm ci` on a slow disk and apt-get on a slow line take minutes, not tens of them. */
const WAIT_MS = 20 * 60_000
const RETRY_MS = 200

/**
 * Holds a lock file for as long as the work takes: `npm start` and `npm test` may be typed
 * together. The file names its holder, so one that was killed is not waited for.
 *
 * @param {string} file
 * @param {() => Promise<void>} work
 * @param {() => void} check throws when waiting has lost its purpose
 */
export async function withLock(file, work, check = stopIfAsked) {
  await take(file, check)
  try {
    await work()
  } finally {
    fs.rmSync(file, { force: true })
  }
}

/** @param {string} file @param {() => void} check */
async function take(file, check) {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  const deadline = performance.now() + WAIT_MS
  let told = false
  while (!taken(file)) {
    check()
    if (performance.now() > deadline) throw new GiveUp(`another setup holds ${file} for too long`)
    if (!told) say(`waiting for another setup (process ${holderOf(file)} holds ${file})`)
    told = true
    await wait(RETRY_MS)
  }
}

/** @param {string} file */
function taken(file) {
  try {
    fs.writeFileSync(file, `${process.pid}\n`, { flag: 'wx' })
    return true
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  const pid = holderOf(file)
  if (pid !== undefined && startOf(pid) === undefined) fs.rmSync(file, { force: true })
  return false
}

/** @param {string} file @returns {number | undefined} nothing while it is not written yet */
function holderOf(file) {
  const pid = Number.parseInt(readOr(file), 10)
  return Number.isNaN(pid) ? undefined : pid
}
