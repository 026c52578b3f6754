import type { Command } from 'commander'
import { usersColumns } from '../core/views/objects.ts'
import { hashPassword } from '../io/password-hash.ts'
import { readTextFile } from '../io/text-file.ts'
import type { Run, Shell } from '../shell.ts'
import { formatOption } from './format.ts'
import { addObjectList, forget, keep, type ObjectFlags } from './objects.ts'
import { wrongUsage } from './usage.ts'

interface SetFlags extends ObjectFlags {
  readonly file?: string
  readonly user?: string
  readonly passwordFile: string
}

/** Who may come in where a route says `auth: basic:<name>`. */
export function addUsers(program: Command, run: Run): void {
  const users = program
    .command('users')
    .summary('Users that routes ask for by auth: basic:<name>')
    .description('Users of routes with auth: basic:<name>. What is kept of a password is a hash.')
  addObjectList(users, run, {
    kind: 'users',
    columns: usersColumns,
    summary: 'Names, users, and which edges have them',
  })
  users
    .command('set <name>')
    .summary('Take all users from a file of htpasswd, or set the password of one')
    .option('--file <file>', 'lines of htpasswd, instead of all users before; - for standard input')
    .option('--user <user>', 'this one alone, with a password; the others stay')
    .option('--password-file <file>', 'where the password is; - for standard input', '-')
    .addOption(formatOption())
    .action((name: string, flags: SetFlags) => run((shell) => set(shell, name, flags)))
  users
    .command('remove <name>')
    .summary('Forget all users of a name, or one of them; routes that ask for none stay shut')
    .option('--user <user>', 'this one alone')
    .addOption(formatOption())
    .action((name: string, flags: ObjectFlags & { user?: string }) =>
      run((shell) => remove(shell, name, flags)),
    )
}

async function set(shell: Shell, name: string, flags: SetFlags): Promise<number> {
  const { file, user } = flags
  if ((file === undefined) === (user === undefined)) {
    throw wrongUsage('--file, --user', 'one of them: all users from a file, or one with a password')
  }
  if (file !== undefined) {
    return keep(shell, 'PUT', pathOf(name), { lines: linesOf(readTextFile(file)) }, flags)
  }
  if (user === undefined || !/^[A-Za-z0-9_.@-]{1,64}$/.test(user)) {
    throw wrongUsage('--user', 'must be 1 to 64 letters, digits, _ . @ or -')
  }
  const line = `${user}:${hashPassword(passwordIn(flags.passwordFile))}`
  return keep(shell, 'PATCH', pathOf(name), { set: [line] }, flags)
}

async function remove(
  shell: Shell,
  name: string,
  { user, ...flags }: ObjectFlags & { user?: string },
): Promise<number> {
  if (user === undefined) return forget(shell, pathOf(name), `users ${name}`)
  return keep(shell, 'PATCH', pathOf(name), { remove: [user] }, flags)
}

function pathOf(name: string): string {
  return `/objects/users/${encodeURIComponent(name)}`
}

/** Without empty lines and remarks; fields after the hash are comments to nginx. */
function linesOf(text: string): string[] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => line.trim().split(':').slice(0, 2).join(':'))
}

/** nginx hashes what it is sent; a longer one would only make that slower. */
const PASSWORD_BYTES_MAX = 256

/** The first line: an editor ends a file with a line feed that nobody types. */
function passwordIn(file: string): string {
  const [password = ''] = readTextFile(file).split(/\r?\n/)
  if (password === '') throw wrongUsage('--password-file', 'has no password in its first line')
  if (Buffer.byteLength(password) > PASSWORD_BYTES_MAX) {
    throw wrongUsage('--password-file', `has a password of more than ${PASSWORD_BYTES_MAX} bytes`)
  }
  return password
}
