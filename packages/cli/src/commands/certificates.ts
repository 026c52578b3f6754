import type { Command } from 'commander'
import { EdgeView, listOf } from '@roadstead/shared/protocol/http.ts'
import { certificateColumns } from '../core/views/objects.ts'
import { readTextFile } from '../io/text-file.ts'
import type { Run, Shell } from '../shell.ts'
import { formatOption } from './format.ts'
import { addObjectList, forget, keep, type ObjectFlags } from './objects.ts'

interface SetFlags extends ObjectFlags {
  readonly cert: string
  readonly key: string
}

/** Certificates that every edge gets. */
export function addCertificates(program: Command, run: Run): void {
  const certificates = program
    .command('certificates')
    .summary('Certificates for the domains of routes')
    .description('Certificates with their keys, which every edge gets sealed to it alone.')
  addObjectList(certificates, run, {
    kind: 'certificate',
    columns: certificateColumns,
    summary: 'Names, expiry, and which edges have them',
  })
  certificates
    .command('set <name>')
    .summary('Keep a certificate and its key, instead of the one before of this name')
    .requiredOption('--cert <file>', 'PEM: the certificate, then those that signed it')
    .requiredOption('--key <file>', 'PEM: its key, without a password')
    .addOption(formatOption())
    .action((name: string, flags: SetFlags) =>
      run(async (shell) => {
        const body = { chain: readTextFile(flags.cert), key: readTextFile(flags.key) }
        const code = await keep(shell, 'PUT', pathOf(name), body, flags)
        await noteWithoutTls(shell)
        return code
      }),
    )
  certificates
    .command('remove <name>')
    .summary('Forget a certificate')
    .action((name: string) => run((shell) => forget(shell, pathOf(name), `certificate ${name}`)))
}

/** A certificate that nobody can be shown is kept all the same; the next edge may need it. */
async function noteWithoutTls({ api, output }: Shell): Promise<void> {
  const answer = listOf(EdgeView)
  const edges = await api.ask({ method: 'GET', path: '/edges', answer }).catch(() => undefined)
  const items = edges?.items ?? []
  if (items.length === 0 || items.some(({ httpsPort }) => httpsPort !== undefined)) return
  output.note('▲ No edge listens with TLS, so no visitor sees it.\n')
  output.note('  → Start one with ROADSTEAD_HTTPS_PORT; an edge at port 80 has 443 by itself.\n')
}

function pathOf(name: string): string {
  return `/objects/certificates/${encodeURIComponent(name)}`
}
