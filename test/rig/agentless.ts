import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { eventually } from './eventually.ts'
import { makeAuthority } from './certificates.ts'
import { Engine } from './engine.ts'
import { whoamiImage } from './image/whoami.ts'
import type { LanHost } from './lan.ts'
import { type Master, startAgentOfSeveral, startCli } from './parts.ts'
import type { Process } from './process.ts'
import type { Rig } from './rig.ts'
import { type SshServer, startSshServer } from './ssh-server.ts'

const TLS_PORT = 2376

/** A host without an agent of its own, and how another one gets to its engine. */
export interface Watched {
  readonly name: string
  readonly lan: LanHost
  readonly engine: Engine
  readonly entry: { url: string; address?: string; tls?: string; ssh?: string }
  readonly sshServer?: SshServer
}

/** An engine that listens on TCP for whoever has a certificate. */
export async function watchedOverTls(rig: Rig, name: string): Promise<Watched> {
  const { folder } = rig
  const lan = await rig.lan.plugIn()
  const authority = await makeAuthority(folder.folder(`authority-${name}`))
  const own = folder.folder(`server-${name}`)
  await authority.issue(own, { kind: 'server', addresses: [lan.address] })
  const client = folder.folder(`client-${name}`)
  await authority.issue(client, { kind: 'client' })
  const options = tlsOptions(own, lan.address)
  const engine = await Engine.start(name, lan, folder, await whoamiImage(), { more: options })
  return { name, lan, engine, entry: { url: `tcp://${lan.address}:${TLS_PORT}`, tls: client } }
}

export function tlsOptions(certificates: string, address: string): string[] {
  const file = (name: string): string => path.join(certificates, `${name}.pem`)
  return [
    `--host=tcp://${address}:${TLS_PORT}`,
    '--tlsverify',
    `--tlscacert=${file('ca')}`,
    `--tlscert=${file('cert')}`,
    `--tlskey=${file('key')}`,
  ]
}

/** An engine that listens on its socket only, on a host where one may log in. */
export async function watchedOverSsh(rig: Rig, name: string): Promise<Watched> {
  const { folder } = rig
  const lan = await rig.lan.plugIn()
  const engine = await Engine.start(name, lan, folder, await whoamiImage())
  const sshServer = await startSshServer(name, lan, folder)
  const url = `ssh://${sshServer.alias}${engine.socket}`
  const entry = { url, ssh: sshServer.clientConfig, address: lan.address }
  return { name, lan, engine, entry, sshServer }
}

/** One whose agent runs beside it. */
export async function watchedHere(rig: Rig, name: string): Promise<Watched> {
  const { lan, engine } = await rig.addHost(name)
  return { name, lan, engine, entry: { url: `unix://${engine.socket}` } }
}

/** Enrols every engine by the command line, and watches all of them from one machine. */
export async function watchAll(
  rig: Rig,
  all: readonly Watched[],
  from: LanHost,
): Promise<{ readonly agent: Process; readonly stateDir: string }> {
  const { folder } = rig
  const { leader } = await rig.leader()
  const engines = Object.fromEntries(all.map(({ name, entry }) => [name, entry]))
  const file = path.join(folder.path, 'engines.json')
  writeFileSync(file, JSON.stringify({ engines }))
  const stateDir = folder.folder('agent-of-several')
  const env = { ROADSTEAD_STATE_DIR: stateDir, ROADSTEAD_ENGINES: file }
  await enrol(rig, leader, env, all.length)
  const agent = startAgentOfSeveral(folder, env, from)
  const ids = await eventually(
    'every host is known in full',
    async () => {
      const hosts = (await leader.api.hosts()).filter(({ synced }) => synced)
      const known = all.map(({ name }) => hosts.find((host) => host.name === name)?.id)
      return known.every((id) => id !== undefined) ? known : undefined
    },
    { withinMs: 20_000 },
  )
  for (const [index, { name, lan, engine }] of all.entries()) {
    rig.hosts.push({ name, id: ids[index] ?? '', agent, drainSocket: '', lan, engine })
  }
  return { agent, stateDir }
}

async function enrol(
  { folder, token: admin }: Rig,
  { api }: Master,
  env: Readonly<Record<string, string>>,
  count: number,
): Promise<void> {
  const server = { ROADSTEAD_SERVER: api.url, ROADSTEAD_TOKEN: admin }
  const what = ['--role', 'agent', '--ttl', '10m', '--uses', String(count), '-o', 'json']
  const making = startCli(folder, 'cli-token', ['token', 'create', ...what], server)
  assert.equal((await making.finished).code, 0, making.tail())
  const { token } = JSON.parse(making.lines().join('\n')) as { token: string }
  const tokenFile = path.join(folder.path, 'join.token')
  writeFileSync(tokenFile, `${token}\n`, { mode: 0o600 })
  const join = ['join', api.url, '--token-file', tokenFile, '--no-start']
  const joining = startCli(folder, 'cli-join', join, env)
  assert.equal((await joining.finished).code, 0, joining.tail())
}
