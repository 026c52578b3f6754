import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type Command, Option } from 'commander'
import { IDENTITY_FILE } from '@roadstead/bus/identity.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { Identity } from '@roadstead/shared/protocol/identity.ts'
import { enginesIn } from '../io/engines-file.ts'
import { createApiClient } from '../io/api-client.ts'
import { newShortId } from '../io/secret-file.ts'
import type { Run, Shell } from '../shell.ts'
import { enrol } from '../up/enrol.ts'
import { runRoleHere } from './roles.ts'
import { wrongUsage } from './usage.ts'

interface Flags {
  readonly role: Identity['role']
  readonly name?: string
  readonly start: boolean
  readonly orStart?: true
}

export function addJoin(program: Command, run: Run): void {
  program
    .command('join <url>')
    .summary('Bring this host in: enrol with a master, then run the role')
    .description(
      'Makes a key pair, enrols its public half with a master by a join token, keeps identity.json ' +
        'and nkey.seed in the state directory, and runs the role in the foreground. Give the join ' +
        'token with --token-file.',
    )
    .addOption(
      new Option('--role <role>', 'what to run')
        .choices(['agent', 'edge', 'master'])
        .default('agent'),
    )
    .option('--name <name>', 'name for people; by default the hostname')
    .option(
      '--engines <file>',
      'agent: enrol every engine named there, and watch them all from here',
    )
    .option('--no-start', 'only enrol; start it later with `roadstead agent`')
    .option('--or-start', 'where this host has joined already, only start: for a container or unit')
    .action((url: string, flags: Flags) => run((shell) => join(shell, url, flags)))
}

async function join(shell: Shell, url: string, flags: Flags): Promise<number> {
  const { config } = shell
  const dir = config.stateDir
  const { role } = flags
  if (role === 'agent' && config.engines !== undefined) return joinEngines(shell, url, flags)
  if (isJoined(dir)) {
    if (flags.orStart === true)
      return runRoleHere({ stateDir: dir, environment: shell.environment }, flags.role)
    throw new RoadsteadError('already-joined', { file: path.join(dir, IDENTITY_FILE) })
  }
  await enrolIn(shell, url, { dir, role, name: flags.name ?? os.hostname() })
  return flags.start ? runRoleHere({ stateDir: dir, environment: shell.environment }, role) : 0
}

/** Each engine becomes a host with a key of its own; those that have joined are left as they are. */
async function joinEngines(shell: Shell, url: string, flags: Flags): Promise<number> {
  const { config, output } = shell
  if (flags.name !== undefined) throw wrongUsage('--name', 'engines are named in their file')
  for (const name of Object.keys(enginesIn(config.engines))) {
    const dir = path.join(config.stateDir, name)
    if (isJoined(dir)) output.note(`${name} has joined before; state in ${dir}\n`)
    else await enrolIn(shell, url, { dir, role: 'agent', name })
  }
  if (!flags.start) return 0
  return runRoleHere({ stateDir: config.stateDir, environment: shell.environment }, 'agent')
}

interface Newcomer {
  readonly dir: string
  readonly role: Identity['role']
  readonly name: string
}

async function enrolIn(shell: Shell, url: string, { dir, name, role }: Newcomer): Promise<void> {
  const { config, output } = shell
  const { token } = config
  if (token === undefined) throw wrongUsage('--token-file', 'is needed: a file with the join token')
  const id = newShortId(role.slice(0, 1))
  // The API of the master named on the command line, and no other; a join token is no API token.
  const api = createApiClient([url.replace(/\/$/, '')], undefined, shell.signal)
  const reply = await enrol(api, url, { token, dir, role, id, name })
  output.note(`${role} ${name} has joined site ${reply.site} as ${reply.id}; state in ${dir}\n`)
  if (reply.natsUser !== undefined) output.write(reply.natsUser)
}

function isJoined(dir: string): boolean {
  return fs.existsSync(path.join(dir, IDENTITY_FILE))
}
