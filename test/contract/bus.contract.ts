import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKey } from '@roadstead/bus/identity.ts'
import { signWith } from '@roadstead/bus/nkey.ts'
import { type AgentBus, type EdgeBus, type MasterBus } from '@roadstead/bus/ports.ts'
import { HostId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import type { Heartbeat } from '@roadstead/shared/protocol/heartbeat.ts'
import type { RequestReport } from '@roadstead/shared/protocol/request-report.ts'
import type { Signed } from '@roadstead/shared/protocol/signed.ts'
import { eventually } from '../rig/eventually.ts'
import {
  aHeartbeat,
  anEvent,
  aRequestReport,
  aSnapshot,
  aStatus,
  aStockSlice,
  collect,
} from './bus.samples.ts'

/** A site's bus under test, with two hosts, two masters and an edge enrolled: h1, h2, m1, m2, e1. */
export interface BusUnderTest extends AsyncDisposable {
  agent(id: HostId): Promise<AgentBus>
  master(id: 'm1' | 'm2'): Promise<MasterBus>
  edge(): Promise<EdgeBus>
  /** Sends a message whatever it is, as a broken sender would. */
  inject(subject: string, text: string): Promise<void>
  /** The connection of an agent breaks, and comes back by itself. */
  cut(id: HostId): void
  /** Everything that is stored is lost. */
  wipe(): Promise<void>
}

export const site = SiteId.parse('s1')
const h1 = HostId.parse('h1')
const h2 = HostId.parse('h2')
const SOON = { withinMs: 15_000 }
const sign = signWith(createKey().seed)

/** Registers one promise, to be kept by an empty bus of whichever body is under test. */
export type Contract = (what: string, run: (bus: BusUnderTest) => Promise<void>) => void

export function contractOf(name: string, open: () => Promise<BusUnderTest>): Contract {
  return (what, run) => {
    test(`${name}: ${what}`, async () => {
      await using bus = await open()
      await run(bus)
    })
  }
}

/** What every body of the bus promises. */
export function busContract(contract: Contract): void {
  contract('events reach a master in order, and a repeat is recognised', async (bus) => {
    await using agent = await bus.agent(h1)
    await using master = await bus.master('m1')
    await using seen = collect((signal) => master.followEvents(1, signal))
    for (let seq = 1; seq <= 20; seq += 1) {
      const stored = await agent.publishEvent(anEvent(h1, seq))
      assert.equal(stored.kind, 'stored')
    }

    const repeat = await agent.publishEvent(anEvent(h1, 20))

    assert.deepEqual(repeat, { kind: 'stored', seq: 20, duplicate: true })
    await eventually('20 events', () => seen.values().length === 20, SOON)
    assert.deepEqual(seen.values()[6], anEvent(h1, 7))
    assert.deepEqual(
      seen.values().map((it) => it.data.stamp.seq),
      Array.from({ length: 20 }, (_, index) => index + 1),
    )
  })

  contract('what is said in one message arrives one by one, or not at all', async (bus) => {
    await using agent = await bus.agent(h1)
    await using master = await bus.master('m1')
    await using seen = collect((signal) => master.followEvents(1, signal))
    const [one, two, foreign] = [anEvent(h1, 1), anEvent(h1, 2), anEvent(h2, 3)]

    await agent.publishEvent({ ...one, more: [two.data] })
    await agent.publishEvent({ ...one, id: 'h1/1/3-3', more: [foreign.data] })

    await eventually('both and a refusal', () => seen.kinds().includes('invalid'), SOON)
    const said = seen.values().map(({ data }) => data)
    assert.deepEqual(said, [one.data, two.data])
    assert.deepEqual(
      seen.kinds().filter((kind) => kind !== 'caught-up'),
      ['message', 'message', 'invalid'],
    )
  })

  contract('a reader can begin in the middle and is told when it has caught up', async (bus) => {
    await using agent = await bus.agent(h1)
    await using master = await bus.master('m1')
    for (let seq = 1; seq <= 5; seq += 1) await agent.publishEvent(anEvent(h1, seq))

    await using seen = collect((signal) => master.followEvents(4, signal))
    await eventually('caught up', () => seen.kinds().includes('caught-up'), SOON)
    await agent.publishEvent(anEvent(h1, 6))

    await eventually('the new one', () => seen.kinds().length === 4, SOON)
    assert.deepEqual(seen.kinds(), ['message', 'message', 'caught-up', 'message'])
  })

  contract('a reader that is doubted says once more that it has caught up', async (bus) => {
    await using agent = await bus.agent(h1)
    await using master = await bus.master('m1')
    await agent.publishEvent(anEvent(h1, 1))
    await using seen = collect((signal) => master.followEvents(1, signal))
    await using decided = collect((signal) => master.control.follow(signal))
    await eventually('caught up', () => seen.kinds().includes('caught-up'), SOON)
    await eventually('caught up too', () => decided.kinds().includes('caught-up'), SOON)

    master.recheck()
    await eventually('caught up again', () => seen.kinds().length === 3, SOON)
    await eventually('caught up too', () => decided.kinds().length === 2, SOON)
    await agent.publishEvent(anEvent(h1, 2))
    await eventually('the new one', () => seen.kinds().length === 4, SOON)
    assert.deepEqual(seen.kinds(), ['message', 'caught-up', 'caught-up', 'message'])
  })

  contract('an empty stream is caught up at once', async (bus) => {
    await using master = await bus.master('m1')
    await using seen = collect((signal) => master.followSnapshots(signal))

    await eventually('caught up', () => seen.kinds().includes('caught-up'), SOON)
  })

  contract('an event that is too large is refused, not thrown and not sent', async (bus) => {
    await using agent = await bus.agent(h1)
    const event = anEvent(h1, 1)

    const stored = await agent.publishEvent({ ...event, source: 'x'.repeat(300_000) })

    assert.ok(stored.kind === 'refused' && !stored.full)
  })

  contract('a master that starts late gets the last snapshot of every host', async (bus) => {
    await using agent = await bus.agent(h1)
    await using other = await bus.agent(h2)
    await using master = await bus.master('m1')
    const large = aSnapshot(h1, 3, 900)
    for (const snapshot of [aSnapshot(h1, 1, 900), aSnapshot(h1, 2, 1), large]) {
      assert.equal((await agent.publishSnapshot(snapshot)).kind, 'stored')
    }
    await other.publishSnapshot(aSnapshot(h2, 1, 1))

    await using seen = collect((signal) => master.followSnapshots(signal))

    await eventually('caught up', () => seen.kinds().includes('caught-up'), SOON)
    const byHost = new Map(seen.values().map((it) => [it.stamp.host, it]))
    assert.deepEqual(byHost.get(h1), large)
    assert.equal(byHost.get(h2)?.stamp.seq, 1)
  })

  contract('a master that starts late gets the last word about every slice', async (bus) => {
    await using agent = await bus.agent(h1)
    await using master = await bus.master('m1')
    const told = [aStockSlice(h1, 1, 3), aStockSlice(h1, 2, 4), aStockSlice(h1, 3, 3)]
    for (const slice of told) assert.equal((await agent.publishStock(slice)).kind, 'stored')

    await using seen = collect((signal) => master.followStock(signal))

    await eventually('caught up', () => seen.kinds().includes('caught-up'), SOON)
    assert.deepEqual(seen.values(), told.slice(1))
    await bus.inject('rs.v1.fact.s1.h1.volumes.5', JSON.stringify(aStockSlice(h1, 4, 3)))
    await bus.inject('rs.v1.fact.s1.h1.volumes.6', JSON.stringify(aStockSlice(h2, 1, 6)))
    await agent.publishStock(aStockSlice(h1, 5, 3))
    await eventually('the good one', () => seen.values().length === 3, SOON)
    const kinds = seen.kinds().filter((it) => it !== 'message')
    assert.deepEqual(kinds, ['caught-up', 'invalid', 'invalid'])
  })

  contract(
    'what cannot be read, or speaks of another host, is delivered as invalid',
    async (bus) => {
      await using agent = await bus.agent(h1)
      await using master = await bus.master('m1')
      await using seen = collect((signal) => master.followEvents(1, signal))
      await bus.inject('rs.v1.evt.s1.h1.container.seen', 'not JSON')
      await bus.inject('rs.v1.evt.s1.h1.container.seen', '{"specversion":"1.0"}')
      await bus.inject('rs.v1.evt.s1.h1.container.gone', JSON.stringify(anEvent(h2, 1)))
      await agent.publishEvent(anEvent(h1, 1))

      await eventually('the good one', () => seen.values().length === 1, SOON)
      const kinds = seen.kinds().filter((it) => it !== 'caught-up')
      assert.deepEqual(kinds, ['invalid', 'invalid', 'invalid', 'message'])
    },
  )

  contract('heartbeats reach every master', async (bus) => {
    await using agent = await bus.agent(h1)
    await using master = await bus.master('m1')
    const beats: Heartbeat[] = []
    using _beats = master.onHeartbeat((host, beat) => host === h1 && beats.push(beat))

    await eventually(
      'a beat',
      () => {
        agent.beat(aHeartbeat(h1))
        return beats.length > 0
      },
      SOON,
    )

    assert.deepEqual(beats[0], aHeartbeat(h1))
  })

  contract(
    'what an edge has counted reaches every master, and nobody speaks for it',
    async (bus) => {
      await using edge = await bus.edge()
      await using one = await bus.master('m1')
      await using two = await bus.master('m2')
      const heard: RequestReport[][] = [[], []]
      using _one = one.onRequests((report) => heard[0]?.push(report))
      using _two = two.onRequests((report) => heard[1]?.push(report))
      const isHeard = () => heard.every((list) => list.length > 0)

      await eventually('counts', () => edge.tellRequests(aRequestReport(7)) && isHeard(), SOON)

      assert.deepEqual(heard[0]?.[0], aRequestReport(7))
      edge.tellRequests(aRequestReport(9, 'e2'))
      edge.tellRequests(aRequestReport(8))
      const last = () => heard.every((list) => list.at(-1)?.seq === 8)
      await eventually('the last one', last, SOON)
      assert.ok(heard.flat().every((report) => report.edge === 'e1'))
    },
  )

  contract('a command is answered by its agent, and by nobody else', async (bus) => {
    await using agent = await bus.agent(h1)
    await using master = await bus.master('m1')
    const command = sign('command', '{}')
    const stop = new AbortController()
    const heard: Signed[] = []
    const serving = agent.serveCommands(async (signed) => {
      heard.push(signed)
      return { kind: 'done', id: 'x', result: { answer: 42 } }
    }, stop.signal)

    const reply = await eventually(
      'an answer',
      async () => {
        const answer = await master.command(h1, command, 500)
        return answer.kind === 'unreachable' ? undefined : answer
      },
      SOON,
    )

    assert.deepEqual(reply, { kind: 'done', id: 'x', result: { answer: 42 } })
    assert.deepEqual(heard.at(-1), command)
    assert.deepEqual(await master.command(h2, command, 200), { kind: 'unreachable' })
    stop.abort()
    await serving
  })

  contract('the status of an edge reaches the masters, also one that starts later', async (bus) => {
    await using edge = await bus.edge()
    await using master = await bus.master('m1')
    for (const epochMax of [1, 2]) {
      assert.equal((await edge.report(aStatus(epochMax))).kind, 'stored')
    }

    await using seen = collect((signal) => master.followEdges(signal))

    await eventually('caught up', () => seen.kinds().includes('caught-up'), SOON)
    assert.deepEqual(seen.values(), [aStatus(2)])
  })

  contract(
    'after a wipe every reader is told, and reads the new stream from its start',
    async (bus) => {
      await using agent = await bus.agent(h1)
      await using master = await bus.master('m1')
      await using events = collect((signal) => master.followEvents(1, signal))
      await using entries = collect((signal) => master.control.follow(signal))
      for (let seq = 1; seq <= 10; seq += 1) await agent.publishEvent(anEvent(h1, seq))
      for (let seq = 0; seq < 3; seq += 1) await master.control.write('d.a', 'old', seq)
      await eventually(
        'both read',
        () => events.values().length + entries.values().length >= 11,
        SOON,
      )

      await bus.wipe()
      const patience = { withinMs: 15_000 }
      const again = async (): Promise<boolean> =>
        (await agent.publishEvent(anEvent(h1, 11))).kind === 'stored'
      await eventually('an event is stored again', again, patience)
      const write = async (): Promise<boolean> =>
        (await master.control.write('d.a', 'new', 0)).kind === 'stored'
      await eventually('a write is stored again', write, patience)

      await eventually('events are reset', () => events.kinds().includes('reset'), patience)
      await eventually('entries are reset', () => entries.kinds().includes('reset'), patience)
      const newest = (): boolean => events.values().at(-1)?.data.stamp.seq === 11
      await eventually('the new event', newest, patience)
      await eventually('the new entry', () => entries.values().at(-1)?.text === 'new', patience)
      assert.equal(events.kinds().filter((it) => it === 'reset').length, 1)
    },
  )
}
