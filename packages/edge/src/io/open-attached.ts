import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Log } from '@roadstead/shared/kernel/log.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type { AttachedTo } from '@roadstead/shared/protocol/edge-status.ts'
import type { AttachTo } from '../core/attach-to.ts'
import { attachedTexts } from '../core/nginx/attached.ts'
import { AttachedFiles, folderBeside } from './attached-files.ts'
import { AttachedNginx, type Reach } from './attached-nginx.ts'
import { ContainerReach } from './container-reach.ts'
import { EngineSocket } from './engine-socket.ts'
import { HostReach } from './host-reach.ts'
import { findNginx } from './nginx-binary.ts'
import { ownAddresses } from './machine.ts'
import { requireWritten, writeWhole } from './write-whole.ts'

interface OpenAttachedParams {
  readonly stateDir: string
  readonly attach: AttachTo
  readonly httpBind: string
  readonly httpPort: number
  readonly nginx: string | undefined
  readonly path: string
  readonly digest: Digest
  readonly clock: Clock
  readonly log: Log
}

const OWN_NAME = 'own-name'
/** What a status takes of it. */
const ABSENT_LENGTH_MAX = 256
const STREAMS_REASON =
  'an attached nginx serves no streams: they stand outside of http, where its include file is'
const TIER_REASON = 'attached to an nginx that is not its own'

/**
 * Finds the nginx that is there, or not yet, and prepares the file that it includes. Nothing in it is
 * changed before a table comes.
 *
 * @throws RoadsteadError `missing-program`, `bad-config`, `disk-full` or `disk-failed`
 */
export async function openAttached(params: OpenAttachedParams) {
  const { attach, stateDir, httpBind: bind, httpPort: port, digest, log } = params
  const own = join(stateDir, 'nginx')
  const files = await AttachedFiles.in(attach.include, own, digest)
  const ownName = `${await ownMark(join(own, OWN_NAME))}.rs.invalid`
  const listen = bind.includes(':') ? `[${bind}]:${port}` : `${bind}:${port}`
  const folder = join(attach.seenAs ?? dirname(attach.include), folderBeside(attach.include))
  const attached = attachedTexts({ listeners: { listen, port }, folder, ownName, digest })
  const reach = await reachOf(params, files)
  const nginx = new AttachedNginx({ reach, files, port, ownName, ...remedies(attach) })
  await nginx.look()
  const { include } = attach
  const { version, absent } = nginx
  log.info({ include, running: nginx.running(), version, absent }, 'attached to nginx')
  const isOwn = (address: string) =>
    address.startsWith('127.') || address === '::1' || ownAddresses().includes(address)
  return {
    kind: 'attached',
    nginx,
    files,
    settings: { listen, port, tier: 'reload', digest, attached },
    tier: 'reload',
    tierReason: TIER_REASON,
    streamsReason: STREAMS_REASON,
    ports: { isOwn, troubleWith: async () => STREAMS_REASON },
    live: undefined,
    shut: undefined,
    /** Its log is the operator's. */
    requests: undefined,
    /** Nothing of ours listens with TLS there. */
    tryCertificates: async () => ({ kind: 'failed', detail: 'no TLS here' }) as const,
    told: (): AttachedTo => ({
      way: attach.container === undefined ? 'host' : 'container',
      include: basename(include),
      ...(nginx.absent !== undefined && { absent: nginx.absent.slice(0, ABSENT_LENGTH_MAX) }),
      ...(nginx.afterSwap !== undefined && { afterSwap: nginx.afterSwap }),
      ...(nginx.conflicts.length > 0 && { conflicts: [...nginx.conflicts] }),
    }),
    leaveRunning: () => undefined,
    /** All of it goes on without us. */
    [Symbol.asyncDispose]: async () => undefined,
  } as const
}

async function reachOf(
  { attach, nginx, path, httpBind, httpPort, clock, digest }: OpenAttachedParams,
  files: AttachedFiles,
): Promise<Reach> {
  const { container, address } = attach
  if (container !== undefined) {
    const engine = new EngineSocket(attach.engine)
    return new ContainerReach({ engine, name: container, main: attach.main, address, clock })
  }
  const binary = await findNginx(nginx, path)
  const { main, pidFile, include } = attach
  const mark = digest(resolve(include)).slice(0, 12)
  const where = { main, pidFile, include, candidate: files.candidate, mark }
  const reach = new HostReach({ binary, ...where, bind: address ?? httpBind, port: httpPort })
  await reach.sweep()
  const forbidden = await reach.forbidden()
  if (forbidden !== undefined) {
    throw new RoadsteadError('bad-config', { ROADSTEAD_ATTACH_PID: forbidden })
  }
  return reach
}

/** What its owner has to write, and what shows him his errors. */
function remedies({ include, seenAs, main, container }: AttachTo) {
  const line = `include ${join(seenAs ?? dirname(include), basename(include))};`
  const test = `nginx -t -c ${main}`
  const asWhom = container === undefined ? ', as the user of this edge,' : ''
  const where = container === undefined ? main : `${main} of container ${container}`
  const shown = container === undefined ? test : `docker exec ${container} ${test}`
  return {
    wantedLine: `nginx does not include the file: write "${line}" at the end of http { } in ${where}`,
    whenHopeless: `its own files do not pass, without any route, too: ${shown}${asWhom} shows why`,
  }
}

/** The same in every life, so that a restart changes nothing. */
async function ownMark(path: string): Promise<string> {
  const kept = await readFile(path, 'utf8').catch(() => '')
  if (/^[0-9a-f]{16}$/.test(kept)) return kept
  const made = randomBytes(8).toString('hex')
  requireWritten(await writeWhole(path, made), dirname(path))
  return made
}
