import { type Command, Option } from 'commander'
import type { Run } from '../shell.ts'
import { up } from '../up/up.ts'
import type { EngineChoice } from '../up/engine-choice.ts'

interface Flags {
  readonly demo?: true
  readonly engine: EngineChoice
}

export function addUp(program: Command, run: Run): void {
  program
    .command('up')
    .summary('Run everything on this machine: NATS, two masters, an agent, an edge with nginx')
    .description(
      'Runs NATS, two masters, an agent on the Docker Engine at hand and an edge with nginx, each as ' +
        'its own process that is started again if it dies. Ctrl-C stops all of them.',
    )
    .option('--demo', 'also show the main job on a small service, with measured times')
    .addOption(
      new Option('--engine <engine>', 'the Docker Engine at hand, or a simulated one')
        .choices(['docker', 'simulated'])
        .default('docker'),
    )
    .option('--http-port <port>', 'where nginx listens (ROADSTEAD_HTTP_PORT, 8080)')
    .option('--api-port <port>', 'API of the first master; the second takes the next (7070)')
    .option('--nats-port <port>', 'port of the NATS that is started (4222)')
    .option('--nats-url <url>', 'use this NATS instead of starting one')
    .option(
      '--docker-socket <path>',
      'also serve a Docker socket there that drains a container before it is stopped (off)',
    )
    .option('--engines <file>', 'also watch the engines named there, on other machines')
    .option('--bind <address>', 'where NATS and the API listen (127.0.0.1)')
    .action(({ demo, engine }: Flags) => run((shell) => up(shell, { demo: demo === true, engine })))
}
