import type { Command } from 'commander'
import { Explanation } from '@roadstead/shared/protocol/http.ts'
import { explanationText } from '../core/views/explanation.ts'
import type { Run } from '../shell.ts'
import { type Format, formatOption, print } from './format.ts'
import { momentFlag } from './moment-flag.ts'

export function addExplain(program: Command, run: Run): void {
  program
    .command('explain <what>')
    .summary('Why a container, domain, URL or port is routed, or is not')
    .description(
      'Why something is, or is not, routed. Takes a container by name, host/name, id or unique ' +
        'prefix, a domain, a URL, or a port such as tcp:5432. Exits with 1 when it is, or was, not ' +
        'routed.',
    )
    .addOption(formatOption())
    .option('--at <time>', 'as it was then, from the change log: 2h (ago), 03:10, RFC 3339')
    .action((what: string, flags: { readonly output: Format; readonly at?: string }) =>
      run(async ({ api, clock, output }) => {
        const at = flags.at === undefined ? {} : { at: momentFlag('--at', flags.at, { clock }) }
        const explanation = await api.ask({
          method: 'GET',
          path: '/explain',
          query: { what, ...at },
          answer: Explanation,
        })
        print(output, flags.output, explanation, (page) => explanationText(explanation, page))
        return explanation.routed ? 0 : 1
      }),
    )
}
