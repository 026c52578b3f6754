import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { z } from 'zod'
import type { BusUser } from '@roadstead/bus/permissions.ts'
import { PublicKey, SiteId } from '@roadstead/shared/kernel/ids.ts'

const BaseUsers = z.array(
  z.object({
    role: z.enum(['agent', 'edge', 'master', 'provisioner', 'observer']),
    id: z.string().max(48),
    site: SiteId,
    publicKey: PublicKey,
  }),
)

/**
 * The users file of a nats-server that runs from a directory of ours. `base-users.json` has who was
 * there from the start, `users.conf` is what the server reads, `nats.pid` is whom to tell.
 */
export class NatsUsers {
  readonly #directory: string

  constructor(directory: string) {
    this.#directory = directory
  }

  async base(): Promise<readonly BusUser[]> {
    return BaseUsers.parse(
      JSON.parse(await readFile(join(this.#directory, 'base-users.json'), 'utf8')),
    )
  }

  /** Puts the text in place and has the server read it; false when the text was there already. */
  async replace(text: string): Promise<boolean> {
    const path = join(this.#directory, 'users.conf')
    if ((await readFile(path, 'utf8').catch(() => '')) === text) return false
    await using file = await open(`${path}.${process.pid}`, 'w', 0o600)
    await file.writeFile(text)
    await file.sync()
    await rename(`${path}.${process.pid}`, path)
    const pid = Number(await readFile(join(this.#directory, 'nats.pid'), 'utf8'))
    process.kill(pid, 'SIGHUP')
    return true
  }
}
