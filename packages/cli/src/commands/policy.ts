import type { Command } from 'commander'
import { PolicyCheck, PolicyDiff, PolicyView } from '@roadstead/shared/protocol/policy.ts'
import { checkedText, checkText, diffText, policyHead } from '../core/views/policy.ts'
import { USAGE } from '../core/exit-codes.ts'
import { ServerProblem } from '../io/server-problem.ts'
import { readTextFile } from '../io/text-file.ts'
import type { Run, Shell } from '../shell.ts'
import { type Format, formatOption, print } from './format.ts'

interface Flags {
  readonly output: Format
}

interface ApplyFlags extends Flags {
  readonly instead?: string
}

/** The policy as a file: tried, compared, applied, shown. */
export function addPolicy(program: Command, run: Run): void {
  const policy = program
    .command('policy')
    .summary('Who may hold which names, and what routes are given')
    .description('The policy of a site: one YAML document. FILE may be - for standard input.')
  policy
    .command('check <file>')
    .summary('Say all that is wrong with a policy; exits with 2 when something is')
    .addOption(formatOption())
    .action((file: string, flags: Flags) => run((shell) => check(shell, file, flags)))
  policy
    .command('diff <file>')
    .summary('Say what it would change now; exits with 1 when that is something')
    .addOption(formatOption())
    .action((file: string, flags: Flags) => run((shell) => diff(shell, file, flags)))
  policy
    .command('apply <file>')
    .summary('Make it the policy of the site')
    .option('--instead <digest>', 'only if this one is in force, as policy show names it')
    .addOption(formatOption())
    .action((file: string, flags: ApplyFlags) => run((shell) => apply(shell, file, flags)))
  policy
    .command('show')
    .summary('The policy in force, as it was written')
    .addOption(formatOption())
    .action((flags: Flags) => run((shell) => show(shell, flags)))
}

async function check({ api, output }: Shell, file: string, flags: Flags): Promise<number> {
  const body = { text: readTextFile(file) }
  const path = '/policy/check'
  const found = await api.ask({ method: 'POST', path, body, answer: PolicyCheck })
  print(output, flags.output, found, (page) => {
    return checkText(file, found, page) + checkedText(file, found)
  })
  return found.problems.length === 0 ? 0 : USAGE
}

async function diff({ api, output }: Shell, file: string, flags: Flags): Promise<number> {
  const body = { text: readTextFile(file) }
  const path = '/policy/diff'
  const found = await api.ask({ method: 'POST', path, body, answer: PolicyDiff })
  const isFaulty = found.problems.length > 0
  print(output, flags.output, found, (page) => {
    const said = isFaulty ? checkedText(file, found) : diffText(found, page)
    return checkText(file, found, page) + said
  })
  if (isFaulty) return USAGE
  return found.totals.routes + found.totals.verdicts === 0 ? 0 : 1
}

async function apply(shell: Shell, file: string, flags: ApplyFlags): Promise<number> {
  const { api, output } = shell
  const body = { text: readTextFile(file) }
  const found = await api.ask({
    method: 'POST',
    path: '/policy/check',
    body,
    answer: PolicyCheck,
  })
  if (found.problems.length > 0) {
    print(output, flags.output, found, (page) => {
      return checkText(file, found, page) + checkedText(file, found)
    })
    return USAGE
  }
  const before = await current(shell)
  const instead = flags.instead === undefined ? before?.digest : wholeDigest(flags.instead, before)
  const applied = await api.ask({
    method: 'PUT',
    path: '/policy',
    body,
    instead,
    answer: PolicyView,
  })
  print(output, flags.output, applied, (page) => checkText(file, found, page) + policyHead(applied))
  return 0
}

/** As for anything that is not there. */
const NONE = 3

async function show(shell: Shell, flags: Flags): Promise<number> {
  const { output } = shell
  const policy = await current(shell)
  if (policy === undefined) {
    output.note('No policy has been applied: any host may hold any free name, and no wildcard.\n')
    output.note('→ Write one (docs/policy.md) and apply it: roadstead policy apply FILE\n')
    return NONE
  }
  print(output, flags.output, policy, () => policy.text)
  if (flags.output === 'table' || flags.output === 'wide') output.note(policyHead(policy))
  return 0
}

/** The policy in force; undefined while there is none. */
async function current({ api }: Shell): Promise<PolicyView | undefined> {
  try {
    return await api.ask({ method: 'GET', path: '/policy', answer: PolicyView })
  } catch (error) {
    if (error instanceof ServerProblem && error.problem.code === 'not-found') return undefined
    throw error
  }
}

/** People quote the beginning that they were shown; what begins otherwise is another policy. */
function wholeDigest(told: string, before: PolicyView | undefined): string {
  const isMeant = told.length >= DIGITS_MIN && before?.digest.startsWith(told) === true
  return isMeant ? before.digest : told
}

const DIGITS_MIN = 8
