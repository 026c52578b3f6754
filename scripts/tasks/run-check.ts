import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { seconds } from './seconds.ts'
import type { Tally } from './tally.ts'

/** A question about the sources as they stand, that takes a second or two to answer. */
interface Part {
  readonly name: string
  readonly command: readonly [string, ...string[]]
}

const SOURCES: readonly Part[] = [
  { name: 'types', command: ['tsc', '-p', 'tsconfig.check.json'] },
  { name: 'types of the dashboard', command: ['tsc', '-p', 'packages/dashboard/tsconfig.json'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'format', command: ['biome', 'format', '.'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
]

/** Run with the unit tests too, so `npm test` leaves it out here. */
export const LAWS: Part = { name: 'laws', command: ['node', '--test', 'test/repo/*.test.ts'] }

/** Asks all of them at once, prints how long each took and then all that is wrong. */
export async function runCheck(more: readonly Part[], signal: AbortSignal): Promise<Tally> {
  process.stdout.write('\n▶ check\n')
  const began = performance.now()
  const answers = await Promise.all([...applicable(), ...more].map((part) => ask(part, signal)))
  const failed = answers.filter((answer) => !answer.ok)
  for (const { name, output } of failed) {
    process.stdout.write(`\n✖ ${name}\n${output.trimEnd()}\n`)
  }
  process.stdout.write(`check: ${seconds(began)}\n`)
  return { passed: answers.length - failed.length, failed: failed.length, skipped: 0 }
}

function applicable(): Part[] {
  const dashboard = existsSync('packages/dashboard/vite.config.ts')
  return SOURCES.filter(({ name }) => dashboard || name !== 'types of the dashboard')
}

async function ask({ name, command: [file, ...args] }: Part, signal: AbortSignal) {
  const began = performance.now()
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], signal })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const ok = await new Promise<boolean>((resolve) => {
    child.on('error', (error) => {
      output += error.message
      resolve(false)
    })
    child.on('close', (code) => resolve(code === 0))
  })
  process.stdout.write(`${ok ? '✔' : '✖'} ${name} (${seconds(began)})\n`)
  return { name, ok, output }
}
