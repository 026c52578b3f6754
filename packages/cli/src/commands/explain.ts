import type { Command } from 'commander'
import { Explanation } from '@roadstead/shared/protocol/http.ts'
import { explanationText } from '../core/views/explanation.ts'
import type { Run } from '../shell.ts'
import { type Format, formatOption, print } from './format.ts'

export function addExplain(program: Command, run: Run): void {
  program
    .command('explain <what>')
    .summary('Why a container, domain, URL or port is routed, or is not')
    .description(
      'Why something is, or is not, routed. Takes a container by name, host/name, id or unique ' +
        'prefix, a domain, a URL, or a port such as tcp:5432. Exits with 1 when it is not routed.',
    )
    .addOption(formatOption())
    .action((what: string, flags: { readonly output: Format }) =>
      run(async ({ api, output }) => {
        const explanation = await api.ask({
          method: 'GET',
          path: '/explain',
          query: { what },
          answer: Explanation,
        })
        print(output, flags.output, explanation, (page) => explanationText(explanation, page))
        return explanation.routed ? 0 : 1
      }),
    )
}
