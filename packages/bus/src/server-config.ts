import { type BusUser, type Permissions, permissionsOf } from './permissions.ts'

/**
 * A nats-server configuration with an identity for everybody and no anonymous user. Users stand in a
 * file of their own, so that a joined identity is one more line there and a SIGHUP, while this file
 * stays as it is.
 *
 * There is deliberately no `accounts` block: with one, the server ignores the users of `authorization`
 * and lets anybody in without a key.
 */
export interface ServerConfig {
  readonly serverName: string
  /** Becomes the JetStream domain: unique per site, or leaf nodes mix up their streams. */
  readonly site: string
  /** Loopback unless somebody decided otherwise. */
  readonly host?: string
  /** -1 lets the system choose; the server then writes it into `portsFileDir`. */
  readonly port: number
  readonly storeDir: string
  /** Path of the users file as the server reads it, relative to this file or absolute. */
  readonly usersFile: string
  readonly portsFileDir?: string
  readonly pidFile?: string
  readonly cluster?: {
    readonly name: string
    readonly host: string
    readonly port: number
    /** `host:port` of the other servers' cluster listeners. */
    readonly routes: readonly string[]
  }
}

/** More than all streams' ceilings together, so that a small disk does not refuse to create them. */
const FILE_STORE_MAX = '8GB'
const MEMORY_STORE_MAX = '256MB'
const PAYLOAD_MAX = '1MB'
/** What a server holds back for a reader that does not read, before it cuts it off. */
const PENDING_MAX = '32MB'

export function renderServerConfig(config: ServerConfig): string {
  const { cluster } = config
  const lines = [
    `server_name: ${quote(config.serverName)}`,
    `host: ${quote(config.host ?? '127.0.0.1')}`,
    `port: ${config.port}`,
    `max_payload: ${PAYLOAD_MAX}`,
    `max_pending: ${PENDING_MAX}`,
    // A server that is told to stop lets its clients go at once: they know where else to go.
    'lame_duck_grace_period: "1s"',
    'lame_duck_duration: "30s"',
    ...(config.portsFileDir === undefined ? [] : [`ports_file_dir: ${quote(config.portsFileDir)}`]),
    ...(config.pidFile === undefined ? [] : [`pid_file: ${quote(config.pidFile)}`]),
    'jetstream {',
    `  store_dir: ${quote(config.storeDir)}`,
    `  domain: ${quote(config.site)}`,
    `  max_file_store: ${FILE_STORE_MAX}`,
    `  max_memory_store: ${MEMORY_STORE_MAX}`,
    '}',
    'authorization {',
    `  include ${quote(config.usersFile)}`,
    '}',
    ...(cluster === undefined ? [] : clusterLines(cluster)),
  ]
  return `${lines.join('\n')}\n`
}

/** The users file: one line an identity, sorted, so that equal users give equal bytes. */
export function renderUsers(users: readonly BusUser[]): string {
  const sorted = [...users].sort((a, b) => (a.publicKey < b.publicKey ? -1 : 1))
  const lines = sorted.map((user) => `  ${renderUser(user)}`)
  return ['users = [', ...lines, ']', ''].join('\n')
}

/** What to add to a NATS that somebody else runs, so that this identity can work there. */
export function describeUserForOperator(user: BusUser): string {
  return [
    `# ${user.role} ${user.id} of site ${user.site}: add to "users" of the account`,
    '# that Roadstead uses, then reload nats-server.',
    renderUser(user),
    '',
  ].join('\n')
}

function renderUser(user: BusUser): string {
  return `{ nkey: ${user.publicKey}, permissions: ${renderPermissions(permissionsOf(user))} }`
}

function renderPermissions({ publish, subscribe, replyWithinS: within }: Permissions): string {
  const lists = `publish: { allow: ${list(publish)} }, subscribe: { allow: ${list(subscribe)} }`
  const replies = within === undefined ? '' : `, allow_responses: { max: 1, expires: "${within}s" }`
  return `{ ${lists}${replies} }`
}

function list(subjects: readonly string[]): string {
  return `[${subjects.map(quote).join(', ')}]`
}

function clusterLines(cluster: NonNullable<ServerConfig['cluster']>): string[] {
  return [
    'cluster {',
    `  name: ${quote(cluster.name)}`,
    `  host: ${quote(cluster.host)}`,
    `  port: ${cluster.port}`,
    `  routes: ${list(cluster.routes.map((route) => `nats-route://${route}`))}`,
    '}',
  ]
}

/** JSON's quoting is understood by the server, for the paths and subjects that occur. */
function quote(text: string): string {
  return JSON.stringify(text)
}
