/** The nginx of an edge without the edge's loops, so that a benchmark decides what changes and when. */
import { readFileSync } from 'node:fs'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import type { LiveTable } from '@roadstead/edge/core/live/live-table.ts'
import { type OpenedNginx, openNginx } from '@roadstead/edge/io/open-nginx.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { at } from '../../test/rig/at.ts'
import { freePorts } from '../../test/rig/free-ports.ts'
import { nginxOf } from '../../test/rig/nginx-processes.ts'
import type { EdgeTier } from '../../test/rig/rig.ts'
import type { RunFolder } from '../../test/rig/run-folder.ts'

export interface Place {
  readonly bind: string
  readonly port: number
  /** Where it listens with TLS, too. */
  readonly httpsPort?: number
}

export class OwnNginx implements AsyncDisposable {
  readonly bind: string
  readonly port: number
  readonly stateDir: string
  readonly opened: OpenedNginx

  private constructor({ bind, port }: Place, stateDir: string, opened: OpenedNginx) {
    this.bind = bind
    this.port = port
    this.stateDir = stateDir
    this.opened = opened
  }

  /** @param place where it listens; without it, where there is room. */
  static async start(
    folder: RunFolder,
    name: string,
    tier: EdgeTier,
    place?: Place,
  ): Promise<OwnNginx> {
    const stateDir = folder.folder(name)
    const { bind, port, httpsPort } = place ?? {
      bind: '127.0.0.1',
      port: at(await freePorts(1), 0),
      httpsPort: undefined,
    }
    const chosen = tier === 'live' ? 'auto' : 'reload'
    const ports = { httpPort: port, httpsPort }
    const where = { stateDir, httpBind: bind, ...ports, nginx: undefined, path: PATH }
    const opened = await openNginx({ ...where, tier: chosen, digest, clock, log })
    if (opened.tier !== tier) throw new Error(`no ${tier} tier here: ${opened.tierReason}`)
    return new OwnNginx({ bind, port }, stateDir, opened)
  }

  get live(): LiveTable {
    const { live } = this.opened
    if (live === undefined) throw new Error('only the live tier has a memory to push into')
    return live
  }

  /** Everything anew; the name is only a name here. */
  async fill(entries: ReadonlyMap<string, string>, name: string): Promise<void> {
    const pushed = await this.live.replace(entries, name)
    if (pushed.kind !== 'pushed') throw new Error(JSON.stringify(pushed))
  }

  get workers(): readonly number[] {
    return nginxOf(this).workers
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.opened[Symbol.asyncDispose]()
  }
}

const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`

/** Entries as an edge makes them: each domain leads to a service of its own. */
export function plainEntries(domains: number, endpoints: readonly string[]): Map<string, string> {
  const entries = new Map<string, string>()
  for (let number = 0; number < domains; number += 1) {
    entries.set(`s:${serviceOf(number)}`, endpoints.join(' '))
    entries.set(`d:other-${number}.bench.test`, `^ / ${serviceOf(number)}`)
  }
  return entries
}

export function serviceOf(number: number): string {
  return `u_${number.toString(16).padStart(16, '0')}`
}

/** A name for what is in force; the first ones are never used by anybody else here. */
export function nameOf(number: number): string {
  return number.toString(16).padStart(16, '0')
}

/** Time that these processes were on a processor, in milliseconds. */
export function cpuMs(pids: readonly number[]): number {
  const each = pids.map((pid) =>
    Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]),
  )
  return each.reduce((sum, ns) => sum + ns, 0) / 1e6
}

/** Memory that goes when these processes go, shared pages counted in part, in MiB. */
export function memoryMib(pids: readonly number[]): number {
  const kib = pids.map((pid) => {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0)
  })
  return Math.round((kib.reduce((sum, each) => sum + each, 0) / 1_024) * 10) / 10
}
