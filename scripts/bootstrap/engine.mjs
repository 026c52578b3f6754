import { foreignContainers, locateEngine, ping, removeOwnContainers } from './engine-api.mjs'
import { canStartDockerd, startDockerd, stopDockerd } from './dockerd.mjs'
import { ENGINE_LOCK, isOurs, isUsed, forget, join, leave } from './engine-record.mjs'
import { withLock } from './lock.mjs'
import { GiveUp, say } from './say.mjs'

/**
 * @typedef {object} Engine
 * @property {string[]} programArgs what the program has to be told about it
 * @property {() => Promise<void>} release call it when the program has ended
 */

/**
 * Makes sure that a Docker engine answers, starting one if there is none and we may.
 *
 * An engine that was there is never touched. One that we started is stopped when its last user
 * leaves, unless it runs containers that are not ours by then: in that case somebody relies on
 * it, and it is theirs from then on.
 *
 * @param {'none' | 'require' | 'prefer'} mode
 * @returns {Promise<Engine>}
 */
export async function ensureEngine(mode) {
  if (mode === 'none') return { programArgs: [], release: async () => {} }
  const problem = canStartDockerd() ? await shareOwn() : await lookOnly()
  if (problem === undefined) return { programArgs: [], release: releaseOwn }
  if (mode === 'require' || process.env['DOCKER_HOST'] !== undefined) throw new GiveUp(problem)
  say(`${problem}\n        Going on with the simulated engine.`)
  return { programArgs: ['--engine', 'simulated'], release: async () => {} }
}

/** @returns {Promise<string | undefined>} what is wrong, and what to do about it */
async function lookOnly() {
  const { name } = locateEngine()
  switch (await ping()) {
    case 'answers':
      return undefined
    case 'forbidden':
      return `no permission on ${name}: add yourself to the group that owns it, or use sudo.`
    case 'silent':
      return `no Docker engine answers on ${name}: start it, or name another in DOCKER_HOST.`
  }
}

/**
 * As root on Linux. Under a lock, so that no engine is stopped while another setup takes it.
 *
 * @returns {Promise<string | undefined>} what is wrong
 */
async function shareOwn() {
  try {
    await withLock(ENGINE_LOCK, async () => {
      if ((await ping()) !== 'answers') await startDockerd()
      if (isOurs()) join()
    })
    return undefined
  } catch (error) {
    if (error instanceof GiveUp && error.message !== '') return error.message
    throw error
  }
}

async function releaseOwn() {
  if (!canStartDockerd()) return
  // A signal is mostly why we are here, so it does not end this wait.
  await withLock(ENGINE_LOCK, leaveAndStop, () => {})
}

async function leaveAndStop() {
  leave()
  if (!isOurs() || isUsed()) return
  const reason = await reasonToKeep()
  if (reason === undefined) {
    await removeOwnContainers()
    await stopDockerd()
  } else {
    say(`the Docker engine that we started stays up: ${reason}`)
  }
  forget()
}

async function reasonToKeep() {
  try {
    const foreign = await foreignContainers()
    return foreign.length === 0 ? undefined : `it also runs ${foreign.join(', ')}`
  } catch (error) {
    return `it does not say what it runs (${String(error)})`
  }
}
