import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { Random } from '@roadstead/shared/kernel/random.ts'
import type { BusRelay } from '../io/bus-relay.ts'
import type { SimulatedEngine } from '../io/simulated-engine.ts'

/** A host with what can be broken about it. */
export interface Breakable {
  readonly name: string
  readonly engine: SimulatedEngine
  readonly relay: BusRelay
}

/** Between the end of one fault and the next. */
const CALM_MS = 5_000
/** Shorter than until a host is lost, longer than until an agent notices that its engine hangs. */
const FAULT_MS_MIN = 3_000
const FAULT_MS_MAX = 12_000
/** What happened meanwhile is told at the latest by the next look at everything. */
const AFTERMATH_MS = 35_000

/** One host at a time is cut off the bus, or its engine hangs, and is mended again. */
export class Breakage {
  readonly #hosts: readonly Breakable[]
  readonly #random: Random
  readonly #clock: Clock
  readonly #faultyUntilMs = new Map<string, number>()
  count = 0
  /** What is broken now, for people. */
  now = ''

  constructor(hosts: readonly Breakable[], random: Random, clock: Clock) {
    this.#hosts = hosts
    this.#random = random
    this.#clock = clock
  }

  /** A fault there may still delay what visitors see. */
  isFaulty(host: string): boolean {
    return this.#clock.monoMs() < (this.#faultyUntilMs.get(host) ?? 0)
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(CALM_MS, signal)
      const host = this.#hosts[Math.floor(this.#random.next() * this.#hosts.length)]
      if (signal.aborted || host === undefined) continue
      await this.#breakOne(host, signal)
    }
  }

  async #breakOne({ engine, name, relay }: Breakable, signal: AbortSignal): Promise<void> {
    const isHang = this.#random.next() < 0.5
    const spanMs = FAULT_MS_MIN + this.#random.next() * (FAULT_MS_MAX - FAULT_MS_MIN)
    this.#faultyUntilMs.set(name, this.#clock.monoMs() + spanMs + AFTERMATH_MS)
    this.count += 1
    this.now = isHang ? `the engine of ${name} hangs` : `${name} is cut off the bus`
    if (isHang) await engine.hang(true)
    else relay.cut()
    await this.#clock.sleep(spanMs, signal)
    relay.mend()
    await engine.hang(false)
    this.now = ''
  }
}
