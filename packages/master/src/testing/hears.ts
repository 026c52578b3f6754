import { Doubts } from '@roadstead/bus/doubts.ts'
import type { MasterBus } from '@roadstead/bus/ports.ts'
import { Bell } from '@roadstead/shared/kernel/bell.ts'

/** The bus of a master that finds the streams of the agents empty. */
export function deaf(bus: MasterBus): MasterBus {
  const doubts = new Doubts()
  async function* nothing(_first: unknown, signal: AbortSignal) {
    const bell = new Bell()
    using _doubts = doubts.on(() => bell.ring())
    while (!signal.aborted) {
      yield { kind: 'caught-up', seq: 0 } as const
      await bell.rung(signal)
    }
  }
  return over(bus, {
    followEvents: nothing,
    followSnapshots: (signal) => nothing(0, signal),
    recheck: () => {
      doubts.raise()
      bus.recheck()
    },
  })
}

/** The bus of a master whose reading of the control stream can be made to stand still. */
export class Lagging {
  readonly #bell = new Bell()
  #isHeld = false

  readonly hears = (bus: MasterBus): MasterBus => {
    const { control } = bus
    return over(bus, {
      control: {
        readLease: () => control.readLease(),
        read: (key) => control.read(key),
        write: (...words) => control.write(...words),
        onLeaseHint: (listener) => control.onLeaseHint(listener),
        follow: (signal) => this.#slowed(control.follow(signal), signal),
      },
    })
  }

  hold(): void {
    this.#isHeld = true
  }

  release(): void {
    this.#isHeld = false
    this.#bell.ring()
  }

  async *#slowed<Word>(words: AsyncIterable<Word>, signal: AbortSignal): AsyncGenerator<Word> {
    for await (const word of words) {
      while (this.#isHeld && !signal.aborted) await this.#bell.rung(signal)
      yield word
    }
  }
}

function over(bus: MasterBus, changes: Partial<MasterBus>): MasterBus {
  return {
    link: bus.link,
    control: bus.control,
    followEvents: (first, signal) => bus.followEvents(first, signal),
    followSnapshots: (signal) => bus.followSnapshots(signal),
    followEdges: (signal) => bus.followEdges(signal),
    followStock: (signal) => bus.followStock(signal),
    serveLetGo: (handle, signal) => bus.serveLetGo(handle, signal),
    askPast: (question, timeoutMs) => bus.askPast(question, timeoutMs),
    servePast: (handle, signal) => bus.servePast(handle, signal),
    recheck: () => bus.recheck(),
    onHeartbeat: (listener) => bus.onHeartbeat(listener),
    onRequests: (listener) => bus.onRequests(listener),
    command: (...words) => bus.command(...words),
    [Symbol.asyncDispose]: () => bus[Symbol.asyncDispose](),
    ...changes,
  }
}
