import { spawn } from 'node:child_process'
import fs from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { ping } from './engine-api.mjs'
import { forget, recall, remember } from './engine-record.mjs'
import { lookAtNetwork, removeTraces } from './network-traces.mjs'
import { findCommand, PROGRAM_PATH, readOr } from './paths.mjs'
import { programOf, startOf } from './processes.mjs'
import { stopIfAsked } from './run.mjs'
import { GiveUp, say } from './say.mjs'

const LOG = '/var/log/roadstead-dockerd.log'
const PID_FILES = {
  dockerd: '/var/run/docker.pid',
  containerd: '/var/run/docker/containerd/containerd.pid',
}

/** 0.8 s on an idle machine; a cold disk with many images takes far longer. */
const START_MS = 60_000
/** It gives each of its containers 10 s, one after the other at worst. */
const STOP_MS = 30_000
const LOOK_MS = 50

/** Only root may, and only the engine of this machine: DOCKER_HOST names somebody else's. */
export function canStartDockerd() {
  return (
    process.platform === 'linux' &&
    process.getuid?.() === 0 &&
    (process.env['DOCKER_HOST'] ?? '') === '' &&
    findCommand('dockerd') !== undefined
  )
}

/** Starts an engine that outlives us, and waits until it answers. */
export async function startDockerd() {
  if (await anotherCameUp()) return
  removeStalePidFiles()

  const before = lookAtNetwork()
  const log = fs.openSync(LOG, 'a')
  const env = { ...process.env, PATH: PROGRAM_PATH }
  const child = spawn('dockerd', [], { detached: true, stdio: ['ignore', log, log], env })
  fs.closeSync(log)
  child.on('error', () => {}) // It has no number then, and so counts as ended at once.
  child.unref()
  const pid = child.pid ?? 0
  remember({ pid, start: startOf(pid) ?? '', before })

  const began = performance.now()
  try {
    await untilItAnswers(pid, began + START_MS)
  } catch (error) {
    await stopDockerd()
    forget()
    throw error
  }
  say(`no Docker engine was there: started one in ${Math.round(performance.now() - began)} ms`)
}

/** Stops the engine that we started, and takes its rules and bridges away. */
export async function stopDockerd() {
  const record = recall()
  if (record === undefined) return
  const lives = () => startOf(record.pid) === record.start
  if (lives()) process.kill(record.pid, 'SIGTERM')
  const deadline = performance.now() + STOP_MS
  while (lives() && performance.now() < deadline) await wait(LOOK_MS)
  if (lives()) {
    say(`the Docker engine that we started (process ${record.pid}) does not stop: see ${LOG}`)
  } else {
    removeTraces(record.before)
  }
}

/** @param {number} pid @param {number} deadline */
async function untilItAnswers(pid, deadline) {
  while ((await ping()) !== 'answers') {
    stopIfAsked()
    const ended = startOf(pid) === undefined
    if (ended || performance.now() > deadline) {
      const tail = readOr(LOG).trimEnd().split('\n').slice(-3).join('\n        ')
      const what = ended ? 'ended at once' : `did not answer within ${START_MS / 1_000} s`
      throw new GiveUp(`dockerd ${what}; ${LOG} ends with:\n        ${tail}`)
    }
    await wait(LOOK_MS)
  }
}

/**
 * One that is there and does not answer may be starting, or hung; a second would harm it.
 *
 * @returns {Promise<boolean>} true when it answers after all
 */
async function anotherCameUp() {
  const deadline = performance.now() + START_MS
  let pid = livingHolderOf('dockerd')
  if (pid !== undefined) say(`a Docker engine runs (process ${pid}) but does not answer; waiting`)
  while (pid !== undefined && performance.now() < deadline) {
    stopIfAsked()
    if ((await ping()) === 'answers') return true
    await wait(LOOK_MS)
    pid = livingHolderOf('dockerd')
  }
  if (pid === undefined) return false
  throw new GiveUp(`a Docker engine runs (process ${pid}) but does not answer: restart it.`)
}

/** After a kill -9 the files stay, and whatever has the number now passes for the engine. */
function removeStalePidFiles() {
  for (const [program, file] of Object.entries(PID_FILES)) {
    if (livingHolderOf(program) === undefined) fs.rmSync(file, { force: true })
  }
}

/** @param {string} program @returns {number | undefined} */
function livingHolderOf(program) {
  const file = program === 'dockerd' ? PID_FILES.dockerd : PID_FILES.containerd
  const pid = Number.parseInt(readOr(file), 10)
  const lives = !Number.isNaN(pid) && startOf(pid) !== undefined && programOf(pid) === program
  return lives ? pid : undefined
}
