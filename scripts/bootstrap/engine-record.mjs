import fs from 'node:fs'
import path from 'node:path'
import { readOr } from './paths.mjs'
import { startOf } from './processes.mjs'

/** Per machine, not per clone: two clones may share the engine that one of them started. */
const HOME = '/run/roadstead'
const RECORD = path.join(HOME, 'dockerd.json')
const USERS = path.join(HOME, 'users')
export const ENGINE_LOCK = path.join(HOME, 'engine.lock')

/**
 * @typedef {object} Record the engine that we started
 * @property {number} pid
 * @property {string} start when, to tell it from a later process of the same number
 * @property {import('./network-traces.mjs').Traces} before what the network looked like
 */

/** @param {Record} record */
export function remember(record) {
  fs.mkdirSync(HOME, { recursive: true })
  fs.writeFileSync(RECORD, JSON.stringify(record))
}

/** @returns {Record | undefined} */
export function recall() {
  const text = readOr(RECORD)
  return text === '' ? undefined : JSON.parse(text)
}

export function forget() {
  fs.rmSync(RECORD, { force: true })
  fs.rmSync(USERS, { recursive: true, force: true })
}

/** Was the engine that runs now started by us? */
export function isOurs() {
  const record = recall()
  return record !== undefined && startOf(record.pid) === record.start
}

export function join() {
  fs.mkdirSync(USERS, { recursive: true })
  fs.writeFileSync(path.join(USERS, String(process.pid)), startOf(process.pid) ?? '')
}

export function leave() {
  fs.rmSync(path.join(USERS, String(process.pid)), { force: true })
}

/** Does anybody else still use it? Users that were killed do not count. */
export function isUsed() {
  if (!fs.existsSync(USERS)) return false
  return fs.readdirSync(USERS).some((name) => {
    const lives = startOf(Number(name)) === readOr(path.join(USERS, name))
    if (!lives) fs.rmSync(path.join(USERS, name), { force: true })
    return lives
  })
}
