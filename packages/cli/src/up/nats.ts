import fs from 'node:fs'
import path from 'node:path'
import type { BusUser } from '@roadstead/bus/permissions.ts'
import {
  describeUserForOperator,
  renderServerConfig,
  renderUsers,
} from '@roadstead/bus/server-config.ts'
import type { SiteId } from '@roadstead/shared/kernel/ids.ts'

export interface NatsFacts {
  readonly dir: string
  readonly site: SiteId
  readonly bind: string
  readonly port: number
}

/**
 * Writes what our nats-server reads and returns its configuration file. `base-users.json` is what the leader
 * adds joined identities to; `users.conf` is the leader's, so it is only replaced when it does not
 * know everybody here, for example after the folder of one was removed.
 */
export function writeNatsFiles(facts: NatsFacts, users: readonly BusUser[]): string {
  const { dir, site, bind, port } = facts
  fs.mkdirSync(dir, { recursive: true, mode: 0o700 })
  const usersFile = path.join(dir, 'users.conf')
  writeWhole(path.join(dir, 'base-users.json'), `${JSON.stringify(users, undefined, 2)}\n`)
  const known = fs.existsSync(usersFile) ? fs.readFileSync(usersFile, 'utf8') : ''
  if (!users.every(({ publicKey }) => known.includes(publicKey))) {
    writeWhole(usersFile, renderUsers(users))
  }
  const configFile = path.join(dir, 'nats.conf')
  const config = renderServerConfig({
    serverName: `roadstead-${site}`,
    site,
    host: bind,
    port,
    storeDir: path.join(dir, 'store'),
    usersFile: 'users.conf',
    pidFile: path.join(dir, 'nats.pid'),
  })
  writeWhole(configFile, config)
  return configFile
}

/** What the operator of a NATS that is not ours has to add, word for word. */
export function usersForOperator(users: readonly BusUser[]): string {
  return users.map((user) => describeUserForOperator(user)).join('\n')
}

function writeWhole(file: string, text: string): void {
  const temporary = `${file}.${process.pid}`
  fs.writeFileSync(temporary, text, { mode: 0o600 })
  fs.renameSync(temporary, file)
}
