import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { MODULES, programNode, ROOT, readStamp, writeStamp } from './paths.mjs'
import { run, stopIfAsked } from './run.mjs'
import { GiveUp, say } from './say.mjs'

const HOME = path.join(ROOT, 'packages', 'dashboard')
const RESULT = path.join(HOME, 'dist', 'index.html')

/** What the bundle is made of: its own sources, the words it shares, and the tools. */
const SOURCES = [
  'package-lock.json',
  'packages/dashboard/index.html',
  'packages/dashboard/public',
  'packages/dashboard/src',
  'packages/dashboard/tsconfig.json',
  'packages/dashboard/vite.config.ts',
  'packages/shared/src',
]

/** Builds the dashboard when its sources are not those of the last build. */
export async function buildDashboard() {
  if (!fs.existsSync(path.join(HOME, 'index.html'))) return
  const wanted = digestOf(SOURCES)
  if (fs.existsSync(RESULT) && readStamp('dashboard') === wanted) return

  say('building the dashboard')
  const vite = path.join(MODULES, 'vite', 'bin', 'vite.js')
  const node = programNode() ?? process.execPath
  const code = await run([node, vite, 'build', '--logLevel', 'warn'], { cwd: HOME })
  stopIfAsked()
  if (code !== 0) throw new GiveUp('the dashboard could not be built, see above')
  writeStamp('dashboard', wanted)
}

/** @param {string[]} sources paths in the repository */
function digestOf(sources) {
  const digest = createHash('sha256')
  for (const file of sources.flatMap((source) => filesOf(path.join(ROOT, source)))) {
    digest
      .update(`${path.relative(ROOT, file)}\0`)
      .update(fs.readFileSync(file))
      .update('\0')
  }
  return digest.digest('hex')
}

/** @param {string} place a file or a folder @returns {string[]} sorted; none when it is absent */
function filesOf(place) {
  const stat = fs.statSync(place, { throwIfNoEntry: false })
  if (stat === undefined) return []
  if (!stat.isDirectory()) return [place]
  const names = fs.readdirSync(place).sort()
  return names.flatMap((name) => filesOf(path.join(place, name)))
}
