// Makes a clean clone ready and then runs a program on it:
//
//   node scripts/bootstrap.mjs --for TASK [--all] [--exec FILE ARGS…]
//
// Plain JavaScript without dependencies, because it is what installs TypeScript, the right
// Node and everything else. It runs on any Node from 20 on. Each step does nothing when its
// result is already there, so a second run costs a few milliseconds.
import { buildDashboard } from './bootstrap/dashboard.mjs'
import { ensureEngine } from './bootstrap/engine.mjs'
import { launch } from './bootstrap/launch.mjs'
import { SETUP_LOCK, withLock } from './bootstrap/lock.mjs'
import { readOptions } from './bootstrap/options.mjs'
import { ensurePackages } from './bootstrap/packages.mjs'
import { ensureParts, rememberOptional } from './bootstrap/parts.mjs'
import { watchSignals } from './bootstrap/run.mjs'
import { GiveUp, say } from './bootstrap/say.mjs'

watchSignals()
try {
  process.exitCode = await main(readOptions(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof GiveUp)) throw error
  if (error.message !== '') say(error.message)
  process.exitCode = error.exitCode
}

/** @param {import('./bootstrap/options.mjs').Options} options */
async function main(options) {
  await withLock(SETUP_LOCK, async () => {
    await ensurePackages()
    if (options.rememberOptional) rememberOptional()
    await ensureParts(options)
    if (options.dashboard) await buildDashboard()
  })
  if (options.program.length === 0) return 0

  const engine = await ensureEngine(options.engine)
  try {
    return await launch([...options.program, ...engine.programArgs])
  } finally {
    await engine.release()
  }
}
