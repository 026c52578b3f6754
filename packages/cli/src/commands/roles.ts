import fs from 'node:fs'
import path from 'node:path'
import { type Command } from 'commander'
import { IDENTITY_FILE, loadIdentity } from '@roadstead/bus/identity.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { Environment } from '@roadstead/shared/kernel/read-config.ts'
import type { Identity } from '@roadstead/shared/protocol/identity.ts'
import { becomeProgram } from '../io/become-program.ts'
import type { RolePlace, RunRole } from '../shell.ts'
import { AGENT_ID_FILE, programOf } from '../up/layout.ts'

const SUMMARIES = {
  agent: 'Run the agent of this host in the foreground',
  master: 'Run a master in the foreground',
  edge: 'Run an edge with its nginx in the foreground',
} as const satisfies Record<Identity['role'], string>

/** The commands that a service manager or a container starts: one role each, in the foreground. */
export function addRoles(program: Command, run: RunRole): void {
  for (const role of ['agent', 'master', 'edge'] as const) {
    program
      .command(role)
      .summary(SUMMARIES[role])
      .description(
        `${SUMMARIES[role]}. Its identity is read from the state directory: make one with ` +
          '`roadstead join`, or let `roadstead up` make all of them.',
      )
      .action(() => run((place) => runRoleHere(place, role)))
  }
}

/** The role with the identity in the state directory, or in the folder that `up` made for it. */
export async function runRoleHere(
  { stateDir, environment }: RolePlace,
  role: Identity['role'],
): Promise<number> {
  const own = isForSeveral(role, environment) ? stateDir : await ownDir(stateDir, role)
  return becomeProgram([process.execPath, programOf(role)], {
    ...hostOfEdge(role, stateDir),
    ...environment,
    ROADSTEAD_STATE_DIR: own,
  })
}

/** An agent of several engines finds an identity for each in a folder of its name. */
function isForSeveral(role: Identity['role'], environment: Environment): boolean {
  return role === 'agent' && Boolean(environment['ROADSTEAD_ENGINES'])
}

/** An edge beside an agent of the same `up` may use addresses of that host's containers. */
function hostOfEdge(role: Identity['role'], stateDir: string): Environment {
  if (role !== 'edge') return {}
  const file = path.join(stateDir, AGENT_ID_FILE)
  const host = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() : undefined
  return { ROADSTEAD_EDGE_HOST: host }
}

async function ownDir(stateDir: string, role: Identity['role']): Promise<string> {
  const candidates = [stateDir, path.join(stateDir, role), path.join(stateDir, `${role}-1`)]
  const found = candidates.find((dir) => isReadable(path.join(dir, IDENTITY_FILE)))
  if (found === undefined) {
    throw new RoadsteadError('bad-config', {
      ROADSTEAD_STATE_DIR:
        `${stateDir} holds no identity; ` + `run: roadstead join URL --token-file F --role ${role}`,
    })
  }
  const { identity } = await loadIdentity(found)
  if (identity.role !== role) {
    throw new RoadsteadError('bad-config', {
      ROADSTEAD_STATE_DIR:
        `${found} belongs to the ${identity.role} ${identity.name}; ` +
        `give this ${role} a directory of its own`,
    })
  }
  return found
}

/** False when there is none; a file that is there and closed to this user is another matter. */
function isReadable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.R_OK)
    return true
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return false
    throw new RoadsteadError('disk-failed', { path: file, code: String(code) }, { cause })
  }
}
