import type { Command } from 'commander'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { planOf, type SimulationFlags } from '../core/simulation/plan.ts'
import { simulationText } from '../core/views/simulation.ts'
import type { Run, Shell } from '../shell.ts'
import { simulateAsGuest } from '../simulate/simulate-as-guest.ts'
import { simulate } from '../simulate/simulate.ts'
import { type Format, formatOption, print } from './format.ts'
import { wrongUsage } from './usage.ts'

type Flags = SimulationFlags & {
  readonly output: Format
  readonly join?: string
  readonly visit?: string
  readonly address?: string
}

export function addSimulate(program: Command, run: Run): void {
  program
    .command('simulate')
    .summary('Let a simulated fleet change under real masters and a real edge, and measure it')
    .description(
      'Starts simulated Docker Engines whose containers really listen, an agent for each, NATS, two ' +
        'masters and an edge with nginx on this machine. Then containers start, stop, restart, crash, and ' +
        'change their health, while visitors ask nginx when they notice. With more than 50 hosts the ' +
        'agents share one process. At the end everything is stopped again; the logs stay. With --join only ' +
        'engines and agents are started, and their hosts join a federation that runs; it takes the token ' +
        'of an admin there, given with --token-file, and at the end they are removed again.',
    )
    .option('--hosts <n>', 'hosts, 1 to 1000', '3')
    .option('--containers <n>', 'containers on each of them, 1 to 250', '10')
    .option('--rate <n>', 'changes a second over all hosts, 0 to 1000', '5')
    .option('--seed <n>', 'repeats what happens to whom; by chance')
    .option('--for <span>', 'how long, as in 30s, 10m or 2h; until Ctrl-C')
    .option('--faults', 'also let engines hang and cut hosts off the bus, one at a time')
    .option('--join <url>', 'API of a federation that runs, to be fed instead of one of its own')
    .option('--visit <host:port>', 'with --join: where its edge answers; by default as masters say')
    .option(
      '--address <ip>',
      'with --join: where the edges reach this machine; by default found out',
    )
    .option('--http-port <port>', 'where nginx listens (ROADSTEAD_HTTP_PORT, 8080)')
    .option('--api-port <port>', 'API of the first master; the second takes the next (7070)')
    .option('--nats-port <port>', 'port of NATS (4222)')
    .addOption(formatOption())
    .action((flags: Flags) => run((shell) => runIt(shell, flags)))
}

const SEEDS = 1_000_000

/** 0 when all visitors were served at the end as they should be, and every change was seen. */
async function runIt(
  shell: Shell,
  { address, join, output, visit, ...flags }: Flags,
): Promise<number> {
  const read = planOf(flags, Math.floor(shell.random.next() * SEEDS))
  if (read.kind === 'problems') throw new RoadsteadError('bad-input', read.problems)
  const summary =
    join === undefined
      ? await simulate(shell, read.plan)
      : await simulateAsGuest(shell, read.plan, { url: urlOf(join), visit, address })
  print(shell.output, output, summary, (page) => simulationText(summary, page))
  return summary.audit.wrong.length === 0 ? 0 : 1
}

function urlOf(text: string): string {
  if (/^https?:\/\/[^/]+\/?$/.test(text) && URL.canParse(text)) return text.replace(/\/$/, '')
  throw wrongUsage('--join', 'must be http://host:port or https://host:port of a master')
}
