import fs from 'node:fs'
import { readOr } from './paths.mjs'

/**
 * When the process was started, which together with its number names it for good: numbers are
 * used again, and files that hold one outlive it. Where there is no /proc the answer is only
 * whether it lives.
 *
 * @param {number} pid
 * @returns {string | undefined} nothing when it does not live; a zombie does not
 */
export function startOf(pid) {
  if (process.platform !== 'linux') return answers(pid) ? 'unknown' : undefined
  const stat = statOf(pid)
  return stat === undefined || stat.dead ? undefined : stat.start
}

/** @param {number} pid @returns {string} the name of its program */
export function programOf(pid) {
  return readOr(`/proc/${pid}/comm`).trim()
}

/** Counts the living of a process group; a zombie answers to signals, so /proc is asked. */
export function membersOf(/** @type {number} */ group) {
  if (process.platform !== 'linux') return 0
  const pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.filter((pid) => {
    const stat = statOf(Number(pid))
    return stat !== undefined && stat.group === group && !stat.dead
  }).length
}

/** @param {number} pid */
function statOf(pid) {
  const text = readOr(`/proc/${pid}/stat`)
  if (text === '') return undefined
  // pid (program) state parent group …: the program's name may hold spaces and brackets.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const dead = fields[0] === 'Z' || fields[0] === 'X'
  return { dead, group: Number(fields[2]), start: fields[19] ?? '' }
}

/** @param {number} pid */
function answers(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
