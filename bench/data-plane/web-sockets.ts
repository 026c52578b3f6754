/** A thousand open WebSockets while routes change under them. */
import { fileURLToPath } from 'node:url'
import { at } from '../../test/rig/at.ts'
import { freePorts } from '../../test/rig/free-ports.ts'
import { Process } from '../../test/rig/process.ts'
import type { RunFolder } from '../../test/rig/run-folder.ts'
import { WebSockets } from '../../test/rig/web-sockets.ts'
import { eventually } from '../../test/rig/eventually.ts'
import { visitOnce } from '../../test/rig/visitor.ts'
import { type BenchResult, summarise } from '../bench.ts'
import { nameOf, OwnNginx, plainEntries, serviceOf } from './own-nginx.ts'

const SOCKETS = 1_000
const CHANGES = 500
/** Every so many changes all of them say something. */
const ECHO_EVERY = 50
const DOMAIN = 'sockets.bench.test'
const CLERK = fileURLToPath(new URL('../../test/rig/image/clerk.ts', import.meta.url))

export async function openSockets(
  folder: RunFolder,
  addresses: readonly string[],
): Promise<BenchResult> {
  const port = at(await freePorts(1), 0)
  const env = { NAME: 'clerk', PORT: String(port) }
  await using clerk = Process.start(
    { name: 'clerk', command: [process.execPath, CLERK], env },
    folder,
  )
  await using own = await OwnNginx.start(folder, 'sockets', 'live')
  const others = plainEntries(1_000, addresses)
  const service = `s:${serviceOf(999_999)}`
  others.set(service, `127.0.0.1:${port}`)
  others.set(`d:${DOMAIN}`, `^ / ${serviceOf(999_999)}`)
  await own.fill(others, nameOf(1))
  const visit = { host: '127.0.0.1', port: own.port, domain: DOMAIN }
  const serves = async (): Promise<boolean> => (await visitOnce(visit)).by === 'clerk'
  await eventually(`the clerk serves (${clerk.tail()})`, serves, { withinMs: 5_000 })

  using sockets = await WebSockets.open(visit, SOCKETS)
  const slowest: number[] = []
  let alive = SOCKETS
  for (let change = 0; change < CHANGES; change += 1) {
    const key = `s:${serviceOf(change % 1_000)}`
    const value = addresses.slice(0, 1 + (change % 5)).join(' ')
    const pushed = await own.live.push(
      [{ kind: 'set', key, value }],
      nameOf(change + 1),
      nameOf(change + 2),
    )
    if (pushed.kind !== 'pushed') throw new Error(JSON.stringify(pushed))
    if (change % ECHO_EVERY !== 0) continue
    const heard = await sockets.echo(`after ${change}`)
    alive = Math.min(alive, heard.alive)
    slowest.push(heard.slowestMs)
  }
  const last = await sockets.echo('and at last')
  return summarise(`data-plane: all of ${SOCKETS} WebSockets echo`, slowest, {
    changes: CHANGES,
    opened: SOCKETS,
    alive: Math.min(alive, last.alive),
  })
}
