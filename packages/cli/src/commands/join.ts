import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { type Command, Option } from 'commander'
import { createIdentity, createKey, IDENTITY_FILE, SEED_FILE } from '@roadstead/bus/identity.ts'
import { publicKeyOf } from '@roadstead/bus/nkey.ts'
import { PublicKey, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { JoinReply, type JoinRequest } from '@roadstead/shared/protocol/http-access.ts'
import type { Identity } from '@roadstead/shared/protocol/identity.ts'
import { reachableAddress } from '../core/reachable-address.ts'
import { createApiClient } from '../io/api-client.ts'
import { newShortId, readSecretFile } from '../io/secret-file.ts'
import type { Run, Shell } from '../shell.ts'
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
    .option('--no-start', 'only enrol; start it later with `roadstead agent`')
    .option('--or-start', 'where this host has joined already, only start: for a container or unit')
    .action((url: string, flags: Flags) => run((shell) => join(shell, url, flags)))
}

async function join(shell: Shell, url: string, flags: Flags): Promise<number> {
  const { config, output } = shell
  const dir = config.stateDir
  if (isJoined(dir)) {
    if (flags.orStart === true)
      return runRoleHere({ stateDir: dir, environment: shell.environment }, flags.role)
    throw new RoadsteadError('already-joined', { file: path.join(dir, IDENTITY_FILE) })
  }
  const token = config.token
  if (token === undefined) throw wrongUsage('--token-file', 'is needed: a file with the join token')
  // The key is made first and kept, so that a join that is tried again enrols the same one.
  const seedFile = path.join(dir, SEED_FILE)
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 })
  const seed = readSecretFile(seedFile) ?? createKey().seed
  fs.writeFileSync(seedFile, `${seed}\n`, { mode: 0o600 })
  const name = flags.name ?? os.hostname()
  const id = newShortId(flags.role.slice(0, 1))
  const reply = await enrol(shell, url, {
    token,
    role: flags.role,
    id,
    name,
    publicKey: publicKeyOf(seed),
  })
  await createIdentity(dir, {
    role: flags.role,
    id: reply.id,
    name,
    site: SiteId.parse(reply.site),
    natsUrl: reachableAddress(reply.natsUrl, url),
    masters: reply.masters.map((master) => PublicKey.parse(master)),
  })
  output.note(
    `${flags.role} ${name} has joined site ${reply.site} as ${reply.id}; state in ${dir}\n`,
  )
  if (reply.natsUser !== undefined) output.write(reply.natsUser)
  if (!flags.start) return 0
  return runRoleHere({ stateDir: dir, environment: shell.environment }, flags.role)
}

function isJoined(dir: string): boolean {
  return fs.existsSync(path.join(dir, IDENTITY_FILE))
}

/** The API of the master named on the command line, and no other; a join token is no API token. */
async function enrol(shell: Shell, url: string, body: JoinRequest): Promise<JoinReply> {
  const api = createApiClient([url.replace(/\/$/, '')], undefined, shell.signal)
  return api.ask({ method: 'POST', path: '/join', body, answer: JoinReply })
}
