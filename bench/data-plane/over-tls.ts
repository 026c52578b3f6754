/** Live tier and a file written by hand over TLS: one certificate, kept connections. */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { seal } from '@roadstead/edge/core/nginx/envelope.ts'
import { render } from '@roadstead/edge/core/nginx/render.ts'
import { plainView } from '@roadstead/edge/core/own-view.ts'
import { emptyTable } from '@roadstead/edge/core/table.ts'
import { readPair } from '@roadstead/edge/io/read-pair.ts'
import { Authority } from '@roadstead/edge/testing/certificates.ts'
import { eventually } from '../../test/rig/eventually.ts'
import { freePorts } from '../../test/rig/free-ports.ts'
import type { RunFolder } from '../../test/rig/run-folder.ts'
import type { Way } from './load.ts'
import { OwnNginx } from './own-nginx.ts'

const BIND = '127.0.0.1'

interface Wanted {
  readonly domain: string
  readonly fill: (own: OwnNginx) => Promise<void>
  /** Starts the nginx that somebody wrote by hand, with these words in its server. */
  readonly startBare: (port: number, words: string) => Promise<() => readonly number[]>
}

export async function waysOverTls(
  folder: RunFolder,
  stack: AsyncDisposableStack,
  { domain, fill, startBare }: Wanted,
): Promise<readonly Way[]> {
  const [port = 0, httpsPort = 0, barePort = 0] = await freePorts(3)
  const pair = new Authority().pair([domain])
  const home = folder.folder('tls')
  const [chain, key, tlsScript] = ['chain.pem', 'key.pem', 'wrk.lua'].map((name) =>
    path.join(home, name),
  )
  if (chain === undefined || key === undefined || tlsScript === undefined) return []
  writeFileSync(chain, pair.chain)
  writeFileSync(key, pair.key)
  writeFileSync(
    tlsScript,
    `wrk.resolve = function(_, port) wrk.addrs = wrk.lookup("${BIND}", port) end\n`,
  )
  const words = `ssl_certificate ${chain}; ssl_certificate_key ${key};
  ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:tls:10m; ssl_session_tickets off;`
  const bare = await startBare(barePort, words)
  const own = stack.use(
    await OwnNginx.start(folder, 'live-with-tls', 'live', { bind: BIND, port, httpsPort }),
  )
  await fill(own)
  await show(own, pair)
  const shared = { host: BIND, tlsScript }
  return [
    { ...shared, name: 'static with TLS', port: barePort, workers: bare },
    { ...shared, name: 'live with TLS', port: httpsPort, workers: () => own.workers },
  ]
}

/** The text with the certificate; all that is routed is in memory. */
async function show(own: OwnNginx, pair: { readonly chain: string; readonly key: string }) {
  const read = readPair(pair, { name: 'bench', source: 'folder' })
  if (read.kind === 'broken') throw new Error(read.why)
  const { files, nginx, settings } = own.opened
  files.keys.hold(read.files)
  const view = { ...plainView, certificates: [read.certificate] }
  const staged = await files.stage(seal(render(emptyTable, view, settings).body, digest).text)
  if (staged.kind !== 'written') throw new Error(JSON.stringify(staged))
  await files.commit()
  nginx.reload()
  await eventually('by all', async () => (await nginx.oldWorkers()).generations === 0, {
    withinMs: 5_000,
  })
}
