import fs from 'node:fs'
import path from 'node:path'
import { createIdentity, createKey, SEED_FILE } from '@roadstead/bus/identity.ts'
import { publicKeyOf } from '@roadstead/bus/nkey.ts'
import { PublicKey, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { JoinReply } from '@roadstead/shared/protocol/http-access.ts'
import type { Identity } from '@roadstead/shared/protocol/identity.ts'
import { reachableAddress } from '../core/reachable-address.ts'
import type { ApiClient } from '../io/api-client.ts'
import { readSecretFile } from '../io/secret-file.ts'

export interface Newcomer {
  readonly dir: string
  readonly role: Identity['role']
  readonly id: string
  readonly name: string
  /** A join token. */
  readonly token: string
}

/**
 * Makes a key pair, has its public half enrolled by the master at `url`, and keeps both and who they are
 * in the folder.
 *
 * @param natsUrlOf the way to the bus, out of the one that the master tells
 */
export async function enrol(
  api: ApiClient,
  url: string,
  { dir, ...asked }: Newcomer,
  natsUrlOf: (told: string) => Promise<string> = async (told) => told,
): Promise<JoinReply> {
  // The key is made first and kept, so that a join that is tried again enrols the same one.
  const seedFile = path.join(dir, SEED_FILE)
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 })
  const seed = readSecretFile(seedFile) ?? createKey().seed
  fs.writeFileSync(seedFile, `${seed}\n`, { mode: 0o600 })
  const body = { ...asked, publicKey: publicKeyOf(seed) }
  const reply = await api.ask({ method: 'POST', path: '/join', body, answer: JoinReply })
  await createIdentity(dir, {
    role: asked.role,
    id: reply.id,
    name: asked.name,
    site: SiteId.parse(reply.site),
    natsUrl: await natsUrlOf(reachableAddress(reply.natsUrl, url)),
    masters: reply.masters.map((master) => PublicKey.parse(master)),
  })
  return reply
}
