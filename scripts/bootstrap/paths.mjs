import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..')
export const MODULES = path.join(ROOT, 'node_modules')
const STAMPS = path.join(MODULES, '.roadstead')

/** Debian keeps nginx, dockerd and nats-server where the PATH of an ordinary user ends short. */
const SYSTEM_DIRS = ['/usr/sbin', '/sbin', '/usr/local/sbin']

const ownPath = (process.env['PATH'] ?? '').split(path.delimiter).filter((dir) => dir !== '')

/** The PATH that programs of this repository get. */
export const PROGRAM_PATH = [path.join(MODULES, '.bin'), ...ownPath, ...SYSTEM_DIRS]
  .filter((dir, index, all) => all.indexOf(dir) === index)
  .join(path.delimiter)

/** @param {string} command @returns {string | undefined} where the command is */
export function findCommand(command) {
  return PROGRAM_PATH.split(path.delimiter)
    .map((dir) => path.join(dir, command))
    .find((file) => isExecutable(file))
}

/** @param {string} file */
function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The Node that the lock file pins, where its platform has one. */
export const LOCAL_NODE = path.join(
  MODULES,
  `node-${process.platform}-${process.arch}`,
  'bin',
  'node',
)

/** The Node to run our programs with: the pinned one, else a new enough one that runs this. */
export function programNode() {
  if (fs.existsSync(LOCAL_NODE)) return LOCAL_NODE
  return Number.parseInt(process.versions.node, 10) >= 24 ? process.execPath : undefined
}

/** @param {string} file @returns {string} its text, or nothing when it cannot be read */
export function readOr(file, otherwise = '') {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return otherwise
  }
}

/** @param {string} name @param {string} text */
export function writeStamp(name, text) {
  fs.mkdirSync(STAMPS, { recursive: true })
  fs.writeFileSync(path.join(STAMPS, name), text)
}

/** @param {string} name */
export function readStamp(name) {
  return readOr(path.join(STAMPS, name))
}
