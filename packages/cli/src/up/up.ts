import path from 'node:path'
import type { Shell } from '../shell.ts'
import { cut, paint, printable } from '../core/cell.ts'
import { roleLog } from '../io/role-log.ts'
import { lockStateDir } from '../io/state-lock.ts'
import { runDemo } from './demo/run-demo.ts'
import { noteSocket } from './docker-socket.ts'
import { endStrays } from './end-group.ts'
import { processesIn } from '../io/process-table.ts'
import { endLeftovers } from './end-leftovers.ts'
import type { EngineChoice } from './engine-choice.ts'
import { type Federation, startFederation } from './federation.ts'
import { layout, LOGGED_ROLES } from './layout.ts'
import { narrate } from './narrate.ts'
import { printAddresses } from './print-addresses.ts'
import { Roles } from './roles.ts'
import type { RoleNews } from './run-role.ts'

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
  const deps = { ...shell, pidDir: paths.pids, onNews: teller(shell) }
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

async function endNginx(shell: Shell): Promise<void> {
  const folder = path.join(layout(shell.config.stateDir).edge, 'nginx')
  const ended = await endStrays(shell, () => processesIn(folder, 'nginx'))
  if (ended > 0) shell.output.note(`ended ${ended} nginx processes that had lost their edge\n`)
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

/** The same last words are told once: a role that dies again and again fills no terminal. */
function teller({ output }: Shell): (news: RoleNews) => void {
  const lastWords = new Map<string, string>()
  return (news) => {
    if (news.kind === 'started') {
      output.note(`  ${news.role} runs (pid ${news.pid})\n`)
      return
    }
    const seconds = (news.againMs / 1_000).toFixed(1)
    const mark = paint('▲', 'warn', output.page.colour)
    output.note(`${mark} ${news.role} ${news.how}; starting it again in ${seconds} s\n`)
    const words = news.lastLines.join('\n')
    if (lastWords.get(news.role) === words) return
    lastWords.set(news.role, words)
    for (const line of news.lastLines) {
      output.note(`    ${cut(printable(line), output.page.width - 4)}\n`)
    }
  }
}
