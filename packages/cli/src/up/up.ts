import fs from 'node:fs'
import process from 'node:process'
import type { Shell } from '../shell.ts'
import { paint } from '../core/cell.ts'
import { roleLog } from '../io/role-log.ts'
import { lockStateDir } from '../io/state-lock.ts'
import { runDemo } from './demo/run-demo.ts'
import { noteSocket } from './docker-socket.ts'
import { endLeftovers } from './end-leftovers.ts'
import { endNginx } from './end-nginx.ts'
import type { EngineChoice } from './engine-choice.ts'
import { type Federation, startFederation } from './federation.ts'
import { layout, LOGGED_ROLES } from './layout.ts'
import { narrate } from './narrate.ts'
import { printAddresses } from './print-addresses.ts'
import { Roles } from './roles.ts'
import { tellRoles } from './tell-roles.ts'

/** Logs are looked at this often; at full speed a role writes a few MiB in that time. */
const ROTATE_MS = 5_000

export interface UpOptions {
  readonly demo: boolean
  readonly engine: EngineChoice
}

/**
 * Runs the whole federation on this machine until asked to stop, and then leaves nothing of it
 * running. Also when starting fails half-way: what was started is stopped in any case.
 */
export async function up(shell: Shell, options: UpOptions): Promise<number> {
  const { config, signal, output } = shell
  const paths = layout(config.stateDir)
  using _lock = lockStateDir(config.stateDir)
  letWorkersPass(config.stateDir)
  const deps = { ...shell, pidDir: paths.pids, onNews: tellRoles(shell) }
  for (const leftover of await endLeftovers(deps, paths.pids)) {
    output.note(`ended a process that an earlier run left: ${leftover}\n`)
  }
  await endNginx(shell)
  using _note = noteSocket(paths.dockerSocket, config.dockerSocket)
  const startedAt = shell.clock.monoMs()
  // Declared first, so done last: an edge that had to be killed could not stop its nginx.
  await using _nginx = { [Symbol.asyncDispose]: () => endNginx(shell) }
  await using roles = new Roles(deps)
  const federation = await Promise.race([
    startFederation(shell, roles, options.engine),
    roles.untilBroken(),
  ])
  const seconds = ((shell.clock.monoMs() - startedAt) / 1_000).toFixed(1)
  output.note(`${paint('✓', 'good', output.page.colour)} everything runs (${seconds} s)\n`)
  const done = new AbortController()
  const work = serve(shell, federation, options, done.signal)
  try {
    await Promise.race([work, roles.untilBroken()])
  } finally {
    done.abort()
    if (signal.aborted) output.note('stopping…\n')
    await work.catch(() => undefined)
  }
  return 0
}

/** Workers of an nginx of root have to come to what their edge gives them; nobody may list anything. */
function letWorkersPass(stateDir: string): void {
  if (process.getuid?.() === 0) fs.chmodSync(stateDir, 0o711)
}

async function serve(
  shell: Shell,
  federation: Federation,
  { demo, engine }: UpOptions,
  done: AbortSignal,
): Promise<void> {
  const signal = AbortSignal.any([shell.signal, done])
  const here = { ...shell, signal }
  const rotating = rotateLogs(here)
  if (demo) {
    await using _demo = await runDemo(here, federation, engine)
    await printAddresses(here, federation, { demo })
    await narrate(here, federation)
  } else {
    await printAddresses(here, federation, { demo })
    await narrate(here, federation)
  }
  await rotating
}

async function rotateLogs({ clock, config, signal }: Shell): Promise<void> {
  const paths = layout(config.stateDir)
  while (!signal.aborted) {
    for (const role of LOGGED_ROLES) roleLog(paths.log(role)).rotate()
    await clock.sleep(ROTATE_MS, signal)
  }
}
