import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import {
  createIdentity,
  IDENTITY_FILE,
  type LoadedIdentity,
  loadIdentity,
  writeIdentity,
} from '@roadstead/bus/identity.ts'
import type { BusUser } from '@roadstead/bus/permissions.ts'
import type { PublicKey, SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { Identity } from '@roadstead/shared/protocol/identity.ts'
import { newShortId } from '../io/secret-file.ts'
import { type Layout, MASTERS } from './layout.ts'

/** Everybody that `up` starts, with whom they believe. */
export interface Identities {
  readonly masters: readonly LoadedIdentity[]
  readonly agent: LoadedIdentity
  /** Of engines that are watched from here, each a host. */
  readonly engines: readonly LoadedIdentity[]
  readonly edge: LoadedIdentity
  /** Creates the streams, once; it is nobody's role afterwards. */
  readonly provisioner: LoadedIdentity
}

/** Makes what is missing and brings the rest up to date: NATS may listen elsewhere than last time. */
export async function ensureIdentities(
  layout: Layout,
  site: SiteId,
  natsUrl: string,
  engines: readonly string[],
): Promise<Identities> {
  const common = { site, natsUrl, name: os.hostname() }
  const masters: LoadedIdentity[] = []
  for (const name of MASTERS) {
    const facts = { ...common, role: 'master', id: newShortId('m'), name } as const
    masters.push(await ensure(layout.master(name), facts, []))
  }
  const believed = masters.map(({ identity }) => identity.publicKey)
  for (const [at, name] of MASTERS.entries()) {
    const master = masters[at]
    if (master !== undefined) masters[at] = await believe(layout.master(name), master, believed)
  }
  const one = (role: 'agent' | 'edge', dir: string): Promise<LoadedIdentity> =>
    ensure(dir, { ...common, role, id: newShortId(role.slice(0, 1)) }, believed)
  const hosts: LoadedIdentity[] = []
  for (const name of engines) {
    const facts = { ...common, role: 'agent', id: newShortId('a'), name } as const
    hosts.push(await ensure(path.join(layout.engines, name), facts, believed))
  }
  return {
    masters,
    agent: await one('agent', layout.agent),
    engines: hosts,
    edge: await one('edge', layout.edge),
    // Its role on the bus is told to the server only; the file just keeps its key.
    provisioner: await ensure(
      layout.provisioner,
      { ...common, role: 'master', id: 'provisioner' },
      believed,
    ),
  }
}

/** What the nats-server is told about them. */
export function busUsers(identities: Identities): BusUser[] {
  const user = ({ identity }: LoadedIdentity, role: BusUser['role']): BusUser => ({
    role,
    id: identity.id,
    site: identity.site,
    publicKey: identity.publicKey,
  })
  return [
    ...identities.masters.map((master) => user(master, 'master')),
    user(identities.agent, 'agent'),
    ...identities.engines.map((engine) => user(engine, 'agent')),
    user(identities.edge, 'edge'),
    user(identities.provisioner, 'provisioner'),
  ]
}

type Facts = Omit<Identity, 'v' | 'publicKey' | 'masters'>

async function ensure(
  dir: string,
  facts: Facts,
  masters: readonly PublicKey[],
): Promise<LoadedIdentity> {
  if (!fs.existsSync(path.join(dir, IDENTITY_FILE))) {
    return createIdentity(dir, { ...facts, masters: [...masters] })
  }
  const loaded = await loadIdentity(dir)
  const moved = { ...loaded, identity: { ...loaded.identity, natsUrl: facts.natsUrl } }
  return believe(dir, moved, masters)
}

/** Adds to whom it believes: masters that joined later are kept. */
async function believe(
  dir: string,
  { identity, seed }: LoadedIdentity,
  masters: readonly PublicKey[],
): Promise<LoadedIdentity> {
  const believed = { ...identity, masters: [...new Set([...identity.masters, ...masters])] }
  await writeIdentity(dir, believed)
  return { identity: believed, seed }
}
