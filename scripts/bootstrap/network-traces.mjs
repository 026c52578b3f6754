import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { findCommand } from './paths.mjs'

/**
 * dockerd ends, but its bridges and packet filter rules stay. Whoever had none of them before
 * gets the machine back as it was; where there were some, they are not ours to judge.
 *
 * @typedef {object} Traces
 * @property {string[]} bridges network devices that were there
 * @property {Record<string, {rules: boolean, forward: string}>} filters by command: whether
 *   Docker's rules were there, and what happened to forwarded packets
 */

const FILTERS = ['iptables', 'ip6tables']
const TABLES = ['raw', 'nat', 'filter']
const BRIDGE = /^(docker0|br-[0-9a-f]{12})$/
const OF_DOCKER = /\bDOCKER\b|\bDOCKER-|\bdocker0\b|\bbr-[0-9a-f]{12}\b/

/** @returns {Traces} */
export function lookAtNetwork() {
  /** @type {Traces['filters']} */
  const filters = {}
  for (const command of FILTERS.filter((name) => findCommand(name) !== undefined)) {
    const rules = TABLES.flatMap((table) => rulesOf(command, table))
    const forward = rules.find((rule) => rule.startsWith('-P FORWARD '))?.split(' ')[2] ?? 'ACCEPT'
    filters[command] = { rules: rules.some((rule) => OF_DOCKER.test(rule)), forward }
  }
  return { bridges: bridges(), filters }
}

/** @param {Traces} before */
export function removeTraces(before) {
  for (const bridge of bridges().filter((name) => !before.bridges.includes(name))) {
    spawnSync('ip', ['link', 'delete', bridge], { stdio: 'ignore' })
  }
  for (const [command, { rules, forward }] of Object.entries(before.filters)) {
    if (rules) continue
    for (const table of TABLES) removeRules(command, table)
    spawnSync(command, ['-P', 'FORWARD', forward], { stdio: 'ignore' })
  }
}

function bridges() {
  return fs.readdirSync('/sys/class/net').filter((name) => BRIDGE.test(name))
}

/** @param {string} command @param {string} table */
function removeRules(command, table) {
  const change = (/** @type {string[]} */ args) =>
    spawnSync(command, ['-t', table, ...args], { stdio: 'ignore' })
  const rules = rulesOf(command, table)
  const chains = rules.flatMap((rule) => /^-N (DOCKER\S*)$/.exec(rule)?.[1] ?? [])
  for (const rule of rules) {
    if (!rule.startsWith('-A ') || !OF_DOCKER.test(rule) || rule.includes('"')) continue
    change(['-D', ...rule.split(' ').slice(1)])
  }
  for (const chain of chains) change(['-F', chain])
  for (const chain of chains) change(['-X', chain])
}

/** @param {string} command @param {string} table @returns {string[]} none where it is not known */
function rulesOf(command, table) {
  const { status, stdout } = spawnSync(command, ['-t', table, '-S'], { encoding: 'utf8' })
  return status === 0 ? stdout.split('\n').filter((line) => line !== '') : []
}
