import { type EdgeView, SignInLink } from '@roadstead/shared/protocol/http.ts'
import { printable } from '../core/cell.ts'
import type { Shell } from '../shell.ts'
import { DEMO_DOMAIN } from './demo/demo-service.ts'
import type { Federation } from './federation.ts'

/** Where to look, and a link that signs in once. */
export async function printAddresses(
  { config, output, signal }: Shell,
  federation: Federation,
  { demo }: { readonly demo: boolean },
): Promise<void> {
  if (signal.aborted) return
  const [first = '', second = ''] = federation.masterUrls
  const { api } = federation
  const link = await api.ask({ method: 'POST', path: '/session/link', answer: SignInLink })
  const { dockerSocket } = config
  const rows = [
    ['Dashboard', `${first}  or  ${second}`],
    ['Sign in', `${link.url}\n${' '.repeat(13)}works once, for 15 minutes`],
    ['API docs', `${first}/docs`],
    ...(demo ? [['Demo', `http://${DEMO_DOMAIN}:${federation.visitorPort}/`]] : []),
    ['Visitors', `port ${federation.visitorPort} of this machine`],
    ['nginx', tierText(federation.edge)],
    ...(dockerSocket === undefined
      ? []
      : [['Docker', `DOCKER_HOST=unix://${dockerSocket}  drains before it stops`]]),
    ['State', `${config.stateDir}  (admin.token, logs/)`],
  ]
  const lines = rows.map(([name = '', value = '']) => `  ${name.padEnd(10)} ${value}`)
  output.write(`\n${lines.join('\n')}\n\n  Ctrl-C stops everything.\n\n`)
}

function tierText({ tier, tierReason }: EdgeView): string {
  if (tier === 'live') return 'live tier: changes without a reload'
  return printable(`reload tier: ${tierReason}`)
}
