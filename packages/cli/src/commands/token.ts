import { type Command, Option } from 'commander'
import { z } from 'zod'
import { listOf } from '@roadstead/shared/protocol/http.ts'
import { TokenReply, TokenView } from '@roadstead/shared/protocol/http-access.ts'
import { parseSpanSeconds } from '../core/span.ts'
import { renderTable } from '../core/table.ts'
import { tokenColumns } from '../core/views/tokens.ts'
import type { Run, Shell } from '../shell.ts'
import { type Format, formatOption, print } from './format.ts'
import { wrongUsage } from './usage.ts'

const JOIN_ROLES = ['agent', 'edge', 'master']
const API_ROLES = ['viewer', 'operator', 'admin']

interface CreateFlags {
  readonly output: Format
  readonly ttl: string
  readonly uses: string
  readonly role?: string
  readonly api?: true
  readonly note: string
}

export function addToken(program: Command, run: Run): void {
  const token = program.command('token').summary('Tokens: to bring in a host, or to use the API')
  token
    .command('create')
    .summary('Make a token and print it once')
    .option('--ttl <span>', 'how long it works: 30s, 15m, 1h, 7d, at most 90d', '1h')
    .option('--uses <n>', 'how many may join with it', '1')
    .addOption(
      new Option(
        '--role <role>',
        'agent, edge or master; with --api: viewer, operator or admin',
      ).choices([...JOIN_ROLES, ...API_ROLES]),
    )
    .option('--api', 'a token for the API instead of one to join with')
    .option('--note <text>', 'what it is for', '')
    .addOption(formatOption())
    .action((flags: CreateFlags) => run((shell) => create(shell, flags)))
  token
    .command('list')
    .alias('ls')
    .summary('Tokens that still work; never the secrets')
    .addOption(formatOption())
    .action((flags: { readonly output: Format }) => run((shell) => list(shell, flags.output)))
  token
    .command('revoke <id>')
    .summary('Make a token useless at once')
    .action((id: string) => run((shell) => revoke(shell, id)))
}

async function create(shell: Shell, flags: CreateFlags): Promise<number> {
  const { output } = shell
  const reply = await shell.api.ask({
    method: 'POST',
    path: '/tokens',
    body: requestOf(flags),
    answer: TokenReply,
  })
  // The token alone on standard output, so that it can go straight into a file.
  print(output, flags.output, reply, () => `${reply.token}\n`)
  if (flags.output === 'table' || flags.output === 'wide') {
    output.note(`token ${reply.id}, works until ${reply.expiresAt}; it is not shown again\n`)
  }
  return 0
}

function requestOf(flags: CreateFlags) {
  const kind = flags.api === true ? 'api' : 'join'
  const role = flags.role ?? (kind === 'api' ? 'viewer' : 'agent')
  const roles = kind === 'api' ? API_ROLES : JOIN_ROLES
  if (!roles.includes(role)) throw wrongUsage('--role', `must be one of ${roles.join(', ')}`)
  const ttlSeconds = parseSpanSeconds(flags.ttl)
  if (ttlSeconds === undefined) throw wrongUsage('--ttl', 'must be a span such as 15m, 1h or 7d')
  const uses = z.coerce.number().int().min(1).max(10_000).safeParse(flags.uses)
  if (!uses.success) throw wrongUsage('--uses', 'must be a number from 1 to 10000')
  return { kind, role, ttlSeconds, uses: uses.data, note: flags.note }
}

async function list({ api, clock, output }: Shell, format: Format): Promise<number> {
  const answer = listOf(TokenView)
  const tokens = await api.ask({ method: 'GET', path: '/tokens', answer })
  print(output, format, tokens, (page) =>
    renderTable(tokenColumns(clock.wallMs()), tokens.items, page),
  )
  return 0
}

async function revoke({ api, output }: Shell, id: string): Promise<number> {
  await api.ask({
    method: 'DELETE',
    path: `/tokens/${encodeURIComponent(id)}`,
    answer: z.unknown(),
  })
  output.note(`token ${id} is revoked\n`)
  return 0
}
