import fs from 'node:fs'
import path from 'node:path'
import { searchPath } from '../io/find-program.ts'
import { lockStateDir } from '../io/state-lock.ts'
import type { Shell } from '../shell.ts'
import { endLeftovers } from '../up/end-leftovers.ts'
import { endNginx } from '../up/end-nginx.ts'
import { layout } from '../up/layout.ts'
import type { PlanFacts } from '../up/plans.ts'
import type { RunRoleDeps } from '../up/run-role.ts'
import { tellRoles } from '../up/tell-roles.ts'
import { GUESTS_FILE } from './guest-record.ts'

/** Where a simulation keeps what its parts need: locked, empty at first, and emptied at the end. */
export interface Stage extends AsyncDisposable {
  readonly dir: string
  readonly shell: Shell
  readonly facts: PlanFacts
  readonly deps: RunRoleDeps
}

/** Beside whatever else lives in the state directory, so that an `up` there keeps what it has. */
const FOLDER = 'simulation'
/** What is not of one simulation alone. */
const LASTING = ['up.lock', 'up.pid', GUESTS_FILE]
/** What a summary leaves behind: everything that the parts have said. */
const KEPT = ['logs', ...LASTING]

/** @param before called when processes of one that was killed are ended, and its files are still there */
export async function openStage(
  outer: Shell,
  before: (dir: string) => Promise<void> = async () => undefined,
): Promise<Stage> {
  const { config, environment } = outer
  const dir = path.join(config.stateDir, FOLDER)
  const shell = { ...outer, config: { ...config, stateDir: dir } }
  const facts = {
    layout: layout(dir),
    config: shell.config,
    environment,
    path: searchPath(environment['PATH']),
  }
  const tell = tellRoles(shell)
  const onNews: typeof tell = (news) => (news.kind === 'started' ? undefined : tell(news))
  const deps = { ...shell, pidDir: facts.layout.pids, onNews }
  await using made = new AsyncDisposableStack()
  made.use(lockStateDir(dir))
  await endLeftovers(deps, facts.layout.pids)
  await endNginx(shell)
  await before(dir)
  empty(dir, LASTING)
  made.defer(() => empty(dir, KEPT))
  const kept = made.move()
  return { dir, shell, facts, deps, [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose]() }
}

function empty(dir: string, kept: readonly string[]): void {
  for (const name of fs.readdirSync(dir)) {
    if (!kept.includes(name)) fs.rmSync(path.join(dir, name), { recursive: true, force: true })
  }
}
