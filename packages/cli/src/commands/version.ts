import type { Command } from 'commander'
import { StatusView } from '@roadstead/shared/protocol/http.ts'
import { PROTOCOL, VERSION } from '../core/version.ts'
import type { Run } from '../shell.ts'
import { type Format, formatOption, print } from './format.ts'

export function addVersion(program: Command, run: Run): void {
  program
    .command('version')
    .summary('Versions of this command, the server and the protocol')
    .option('--short', 'only the version of this command')
    .addOption(formatOption())
    .action((flags: { readonly output: Format; readonly short?: true }) =>
      run(async ({ api, output }) => {
        if (flags.short === true) {
          output.write(`${VERSION}\n`)
          return 0
        }
        // A command that says what is installed must work with no server there.
        const status = await api
          .ask({ method: 'GET', path: '/status', answer: StatusView })
          .catch(() => undefined)
        const versions = {
          client: VERSION,
          server: status?.version ?? 'unreachable, or the token is not accepted',
          nats: status?.nats.version ?? 'unknown',
          node: process.version,
          protocol: PROTOCOL,
        }
        print(output, flags.output, versions, () =>
          Object.entries(versions)
            .map(([name, value]) => `${name.padEnd(9)} ${value}\n`)
            .join(''),
        )
        return 0
      }),
    )
}
