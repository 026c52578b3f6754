import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { LOCAL_NODE, MODULES, programNode, ROOT, readOr, readStamp, writeStamp } from './paths.mjs'
import { run, stopIfAsked } from './run.mjs'
import { GiveUp, say } from './say.mjs'

/** Installs what package-lock.json says, when that is not what node_modules holds. */
export async function ensurePackages() {
  const text = fs.readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')
  const wanted = createHash('sha256').update(text).digest('hex')
  if (readStamp('lock') !== wanted) {
    if (!matches(text)) await install()
    writeStamp('lock', wanted)
  }
  repairNodeLink()
  if (programNode() === undefined) {
    throw new GiveUp(
      `Node 24 or newer is needed, and none is packaged for ${process.platform}-${process.arch}.\n` +
        '        Install it, and type the command again.',
    )
  }
}

async function install() {
  say('installing npm packages (npm ci)')
  const code = await run(
    [...npm(), 'ci', '--ignore-scripts', '--loglevel=error', '--no-audit', '--no-fund'],
    { cwd: ROOT },
  )
  stopIfAsked()
  if (code !== 0) {
    throw new GiveUp('npm ci failed, see above; nothing else was changed on this machine')
  }
}

/** The npm that called us, run by the Node it came with: `npm ci` deletes any other. */
function npm() {
  const script = process.env['npm_execpath']
  if (script === undefined || !script.endsWith('.js')) return ['npm']
  return [process.env['npm_node_execpath'] ?? process.execPath, script]
}

/**
 * Has `npm install` just made node_modules from this very lock file? Then there is no need to
 * do the same again. npm keeps its own account of what it installed.
 *
 * @param {string} text of package-lock.json
 */
function matches(text) {
  const account = readOr(path.join(MODULES, '.package-lock.json'))
  if (account === '') return false
  const wanted = packagesOf(text)
  const installed = packagesOf(account)
  return Object.entries(wanted).every(([where, entry]) => {
    if (!where.includes('node_modules/')) return true
    const found = installed[where]
    if (found === undefined) return entry['optional'] === true
    return found['version'] === entry['version'] && found['integrity'] === entry['integrity']
  })
}

/** @param {string} text @returns {Record<string, Record<string, unknown>>} */
function packagesOf(text) {
  return JSON.parse(text).packages
}

/**
 * npm 10 removes .bin/node when several packages of the lock bring a command of that name,
 * even though only one of them suits the platform. `npm run` needs the link.
 */
function repairNodeLink() {
  const link = path.join(MODULES, '.bin', 'node')
  if (!fs.existsSync(LOCAL_NODE) || fs.existsSync(link)) return
  fs.rmSync(link, { force: true })
  fs.symlinkSync(path.relative(path.dirname(link), LOCAL_NODE), link)
}
