import { GiveUp } from './say.mjs'

/**
 * @typedef {object} Options
 * @property {string[]} parts of the system that must be there
 * @property {boolean} optional in CI, or once asked for, also the parts a person may not want
 * @property {boolean} rememberOptional ask for them, from now on
 * @property {'none' | 'require' | 'prefer'} engine what to do when no Docker engine answers
 * @property {boolean} dashboard build the dashboard
 * @property {string[]} program file and arguments to run at the end
 */

const SERVING = ['docker', 'nats', 'nginx', 'busybox']
const HOSTS = [...SERVING, 'iproute', 'nsenter']
const RIG = [...HOSTS, 'compose', 'containers', 'podman', 'ssh', 'sshd']
const EVERYTHING = [...RIG, 'registry', 'chromium']

/**
 * What each task needs before it can run.
 *
 * @type {Record<string, Partial<Options>>}
 */
const TASKS = {
  start: { parts: SERVING, engine: 'prefer', dashboard: true },
  test: { parts: EVERYTHING, optional: true, engine: 'require', dashboard: true },
  setup: { parts: EVERYTHING, optional: true, dashboard: true },
  contract: { parts: RIG, engine: 'require' },
  scenarios: { parts: [...RIG, 'registry'], engine: 'require', dashboard: true },
  browser: { parts: [...SERVING, 'chromium'], engine: 'require', dashboard: true },
  bench: { parts: [...HOSTS, 'wrk'] },
  sources: {},
}

/** @param {string[]} argv @returns {Options} */
export function readOptions(argv) {
  const at = argv.indexOf('--exec')
  const own = at === -1 ? argv : argv.slice(0, at)
  const program = at === -1 ? [] : argv.slice(at + 1)
  const [flag, name = '', ...flags] = own
  const task = TASKS[name]
  const wrong = flags.filter((word) => word !== '--all')
  if (flag !== '--for' || task === undefined || wrong.length > 0) {
    const known = Object.keys(TASKS).join('|')
    throw new GiveUp(`usage: bootstrap.mjs --for ${known} [--all] [--exec FILE ARGS…]`, 2)
  }
  const options = { ...EMPTY, ...task, rememberOptional: flags.includes('--all'), program }
  // Whoever chooses the engine by hand has answered that question already.
  const chosen = program.some((word) => word === '--engine' || word.startsWith('--engine='))
  return chosen && options.engine === 'prefer' ? withoutEngine(options) : options
}

/** @type {Options} */
const EMPTY = {
  parts: [],
  optional: false,
  rememberOptional: false,
  engine: 'none',
  dashboard: false,
  program: [],
}

/** @param {Options} options @returns {Options} */
function withoutEngine(options) {
  return { ...options, engine: 'none', parts: options.parts.filter((part) => part !== 'docker') }
}
