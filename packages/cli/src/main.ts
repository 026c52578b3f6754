import fs from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import { systemClock } from '@roadstead/shared/kernel/clock.ts'
import { systemRandom } from '@roadstead/shared/kernel/random.ts'
import type { Environment } from '@roadstead/shared/kernel/read-config.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { addConfirm } from './commands/confirm.ts'
import { addDoctor } from './commands/doctor.ts'
import { addDrain } from './commands/drain.ts'
import { addEdges } from './commands/edges.ts'
import { addEvents } from './commands/events.ts'
import { addExplain } from './commands/explain.ts'
import { addHosts } from './commands/hosts.ts'
import { addImages } from './commands/images.ts'
import { addInit } from './commands/init.ts'
import { addJoin } from './commands/join.ts'
import { addLeader } from './commands/leader.ts'
import { addCertificates } from './commands/certificates.ts'
import { addPolicy } from './commands/policy.ts'
import { addPs } from './commands/ps.ts'
import { addRequests } from './commands/requests.ts'
import { addRestart } from './commands/restart.ts'
import { addRoles } from './commands/roles.ts'
import { addRollout } from './commands/rollout.ts'
import { addRoutes } from './commands/routes.ts'
import { addRuns } from './commands/runs.ts'
import { addServices } from './commands/services.ts'
import { addSimulate } from './commands/simulate.ts'
import { addStatus } from './commands/status.ts'
import { addToken } from './commands/token.ts'
import { addUsers } from './commands/users.ts'
import { addUp } from './commands/up.ts'
import { addVersion } from './commands/version.ts'
import { addVolumes } from './commands/volumes.ts'
import {
  flaggedEnvironment,
  loadConfig,
  loadStateDir,
  processEnvironment,
  serversOf,
  withoutToken,
} from './config.ts'
import { exitCodeOf, exitCodesText, INTERRUPTED, USAGE } from './core/exit-codes.ts'
import { createApiClient } from './io/api-client.ts'
import { readSecretFile } from './io/secret-file.ts'
import { ServerProblem } from './io/server-problem.ts'
import { watchStop } from './io/stop-signals.ts'
import { describeError, type Output, processOutput } from './print/output.ts'
import type { RoleTask, Task } from './shell.ts'
import { layout } from './up/layout.ts'

const program = new Command('roadstead')
  .description(
    'Keeps nginx routing to exactly those containers, on all your hosts, that can serve.',
  )
  .addOption(new Option('--server <urls>', 'where the masters answer, comma-separated'))
  .addOption(new Option('--token-file <file>', 'file with the API token'))
  .addOption(new Option('--state-dir <dir>', 'everything kept on disk (.roadstead)'))
  .addOption(new Option('--no-color', 'print without colours'))
  .addHelpText('after', '\nExit codes: roadstead help exit-codes')
  .showSuggestionAfterError()
  .exitOverride()

let flags: Readonly<Record<string, unknown>> = {}
program.hook('preAction', (_program, command) => {
  flags = command.optsWithGlobals()
})

const stop = watchStop(systemClock)
const adders = [
  addUp,
  (roles: Command): void => addRoles(roles, runRole),
  addToken,
  addInit,
  addJoin,
  addStatus,
  addHosts,
  addPs,
  addImages,
  addVolumes,
  addServices,
  addRoutes,
  addEdges,
  addRequests,
  addEvents,
  addExplain,
  addDrain,
  addRestart,
  addRollout,
  addRuns,
  addLeader,
  addConfirm,
  addPolicy,
  addUsers,
  addCertificates,
  addDoctor,
  addSimulate,
  addVersion,
]
for (const add of adders) add(program, run)
program
  .command('exit-codes', { hidden: true })
  .action(() => void process.stdout.write(exitCodesText()))

try {
  await program.parseAsync(asTopic(process.argv))
} catch (error) {
  if (!(error instanceof CommanderError)) throw error
  process.exitCode = error.exitCode === 0 ? 0 : USAGE
}
stop[Symbol.dispose]()
// What was opened is closed by now; a socket that never answered must not keep a command from ending.
process.exit()

function run(task: Task): Promise<void> {
  return attempt((environment, output) => {
    const config = loadConfig(environment, (file) => fs.readFileSync(file, 'utf8'))
    const token = config.token ?? readSecretFile(layout(config.stateDir).adminToken)
    return task({
      config,
      environment: withoutToken(environment, flags),
      output,
      token,
      clock: systemClock,
      random: systemRandom,
      signal: stop.signal,
      hurry: stop.hurry,
      api: createApiClient(serversOf(config), token, stop.signal),
    })
  })
}

/** A role reads its own variables, and names all that are wrong at once; here only its place is read. */
function runRole(task: RoleTask): Promise<void> {
  return attempt((environment) => {
    const stateDir = loadStateDir(environment)
    return task({ stateDir, environment: withoutToken(environment, flags) })
  })
}

/** Does it, and turns what it answers, or throws, into an exit code. */
async function attempt(
  work: (environment: Environment, output: Output) => Promise<number>,
): Promise<void> {
  const environment = flaggedEnvironment(processEnvironment(), flags)
  const noColour = environment['NO_COLOR'] !== undefined
  const output = processOutput(process.stdout, process.stderr, noColour)
  try {
    process.exitCode = await work(environment, output)
  } catch (error) {
    if (stop.signal.aborted) {
      process.exitCode = INTERRUPTED
      return
    }
    output.note(describeError(error, output.page.colour))
    process.exitCode = codeOf(error)
  }
}

function codeOf(error: unknown): number {
  if (error instanceof ServerProblem) return exitCodeOf(error.problem.code)
  return error instanceof RoadsteadError ? exitCodeOf(error.code) : 1
}

/** `roadstead help exit-codes` is a topic, not a command with flags of its own. */
function asTopic(argv: readonly string[]): string[] {
  const [node = '', file = '', ...words] = argv
  return words[0] === 'help' && words[1] === 'exit-codes' ? [node, file, 'exit-codes'] : [...argv]
}
