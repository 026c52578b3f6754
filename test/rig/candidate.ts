import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { connectMasterBus } from '@roadstead/bus/nats/master-bus.ts'
import { epochFile } from '@roadstead/master/io/epoch-file.ts'
import { LeaseHolder } from '@roadstead/master/loops/hold-lease.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { InstanceId, MasterId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { z } from 'zod'
import type { Enrolled } from './nats.ts'

const Orders = z.object({
  natsUrl: z.string(),
  seed: z.string(),
  id: MasterId,
  site: SiteId,
  stateDir: z.string(),
  /** While it leads it writes this key all the time; the text names its epoch. */
  key: z.string(),
})
type Orders = z.infer<typeof Orders>

const Report = z.object({ kind: z.string(), epoch: z.int(), writes: z.int() })
type Report = z.infer<typeof Report>

/**
 * One master's election and nothing else of a master, as a process of its own: it can be killed or
 * paused at any instruction, also in the middle of a write. It writes without a pause while it leads.
 */
export class CandidateProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  #report: Report = { kind: 'starting', epoch: 0, writes: 0 }

  constructor(user: Enrolled, stateDir: string) {
    const { natsUrl, seed, id, site } = user
    this.#child = fork(fileURLToPath(import.meta.url), { stdio: 'inherit' })
    this.#child.on('message', (message) => (this.#report = Report.parse(message)))
    // Over the channel, not in arguments or the environment: it contains a secret.
    this.#child.send({ natsUrl, seed, id, site, stateDir, key: `t.${site}.e1` })
    const killNow = (): void => void this.#child.kill('SIGKILL')
    process.once('exit', killNow)
    this.#child.once('exit', () => process.off('exit', killNow))
  }

  /** What it last said of itself; a paused one says nothing new. */
  get report(): Report {
    return this.#report
  }

  signal(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): void {
    this.#child.kill(signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const gone = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await gone
  }
}

async function runCandidate(orders: Orders): Promise<void> {
  const { id, key, stateDir } = orders
  const stop = new AbortController()
  process.once('SIGTERM', () => stop.abort())
  await using bus = connectMasterBus({ ...orders, clock, random, log })
  const instance = InstanceId.parse(`i${process.pid}-${Math.floor(random.next() * 1e9)}`)
  const holder = new LeaseHolder({
    self: { master: id, instance, url: 'http://127.0.0.1', host: 'rig', pid: process.pid },
    control: bus.control,
    link: bus.link,
    epochFile: epochFile(stateDir),
    floors: () => ({ acceptedMax: 0, contestedMax: 0 }),
    clock,
    log,
  })
  let writes = 0
  const tell = (): void => {
    const state = holder.state()
    const epoch = state.kind === 'standby' ? 0 : state.epoch
    process.send?.({ kind: state.kind, epoch, writes })
  }
  using _listener = holder.onChange(tell)
  const working = writeAlways()
  await holder.run(stop.signal)
  await working
  process.disconnect()

  async function writeAlways(): Promise<void> {
    while (!stop.signal.aborted) {
      const state = holder.state()
      if (state.kind !== 'leader') {
        await clock.sleep(5, stop.signal)
        continue
      }
      const written = await holder.write(key, JSON.stringify({ epoch: state.epoch, writes }))
      if (written.kind === 'stored') writes += 1
      if (writes % 100 === 1) tell()
    }
  }
}

if (import.meta.main) {
  const [orders] = await once(process, 'message')
  await runCandidate(Orders.parse(orders))
}
