/**
 * Podman as an engine, in what it does otherwise than Docker. Real: Podman 4 with netavark and runc in
 * the network of a host of its own, and the agent's watch over its socket.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import type { EventJson } from '@roadstead/agent/core/engine-json.ts'
import { parseEvent } from '@roadstead/agent/core/event-text.ts'
import { DockerEngine } from '@roadstead/agent/io/engine.ts'
import { wayToSocket } from '@roadstead/agent/io/engine-way.ts'
import { tryConnect } from '@roadstead/agent/io/prober.ts'
import { probeReadiness } from '@roadstead/agent/loops/probe-readiness.ts'
import { watchEngine } from '@roadstead/agent/loops/watch-engine.ts'
import { aState } from '@roadstead/agent/testing.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { seededRandom } from '@roadstead/shared/kernel/random.ts'
import { endRun } from '../rig/end-run.ts'
import { eventually } from '../rig/eventually.ts'
import { whoamiImage } from '../rig/image/whoami.ts'
import { Lan } from '../rig/lan.ts'
import { startPodman } from '../rig/podman.ts'
import { RunFolder } from '../rig/run-folder.ts'
import { containerRequest } from '../rig/run-options.ts'

const SOON = { withinMs: 15_000 }

test('Podman is watched like any other engine', async (t) => {
  await using there = await open()
  const { api, image, state, told } = there
  const request = containerRequest('web', image, { labels: { 'roadstead.host': 'a.test' } })
  const box = await api.createContainer(request)
  const seen = () => {
    const found = state.find('web')
    if (found === undefined) throw new Error('it is not known')
    return found
  }
  const becomes = (what: string): Promise<boolean> =>
    eventually(`it is ${what}`, () => seen().state === what, SOON)

  await t.test('it is seen with its port, its address and the id of its network', async () => {
    await becomes('created')
    await box.start()
    await becomes('running')
    const { attachments, ports, health, stopSignal } = seen()
    assert.equal(ports[0]?.published[0]?.address, '0.0.0.0')
    assert.match(attachments[0]?.address ?? '', /^10\.\d+\.\d+\.\d+$/)
    assert.match(attachments[0]?.networkId ?? '', /^[0-9a-f]{64}$/)
    assert.deepEqual([health, stopSignal], ['none', '15'])
  })

  await t.test('a pause, an end and a start are seen by its words for them', async () => {
    await box.pause()
    await becomes('paused')
    await box.unpause()
    await becomes('running')
    await box.stop({ t: 5 })
    await becomes('exited')
    await box.start()
    await becomes('running')
    const before = seen().startedAt
    await box.restart({ t: 5 })
    await eventually('it runs anew', () => seen().startedAt !== before, SOON)
  })

  await t.test('a signal that it does not name is not taken for a stop', async () => {
    await box.kill({ signal: 'SIGWINCH' })
    const kill = await eventually('the kill is told', () => told('kill'), SOON)
    assert.equal(kill.Actor.Attributes['signal'], undefined)
    assert.deepEqual([seen().state, seen().stopping], ['running', false])
  })

  await t.test('a network that it joins is seen without an id of the container', async () => {
    const network = await api.createNetwork({ Name: 'second', Driver: 'bridge' })
    await network.connect({ Container: box.id })
    await eventually('it is in both', () => seen().attachments.length === 2, SOON)
    await network.disconnect({ Container: box.id, Force: true })
  })

  await t.test('a removal is told in its word, and the container is gone', async () => {
    await box.remove({ force: true })
    await eventually('it is gone', () => state.find('web') === undefined, SOON)
    await eventually('its word is told', () => told('remove'), SOON)
  })
})

async function open() {
  const folder = new RunFolder()
  const stop = new AbortController()
  const dispose = async (): Promise<void> => {
    stop.abort()
    await endRun(folder.path)
  }
  try {
    const lan = await Lan.make(folder)
    const plain = await whoamiImage()
    const image = `localhost/${plain.tag}`
    const podman = await startPodman(await lan.plugIn(), folder, { ...plain, tag: image })
    const state = aState()
    const engine = new DockerEngine(wayToSocket(podman.socket), () => 0)
    const vantage = { kind: 'here' } as const
    const readiness = probeReadiness({ connect: tryConnect, vantage, state, clock }, stop.signal)
    const hash = (text: string): string =>
      createHash('sha256').update(text).digest('hex').slice(0, 16)
    const memory = { containersBefore: 0, keepContainers: async () => undefined }
    const about = { addresses: () => [], agentVersion: 'test', hostName: 'podman' }
    const seen = { state, engine, readiness, clock, log, hash, random: seededRandom(1) }
    void watchEngine({ ...seen, ...about, memory }, stop.signal)
    const events: EventJson[] = []
    const lines = await engine.events(`${Date.now()}000000`, stop.signal)
    /** The first event with this action. */
    const told = (action: string): EventJson | undefined => {
      for (const { text } of lines.drain().lines) {
        const event = parseEvent(text)
        if (event !== undefined) events.push(event)
      }
      return events.find(({ Action }) => Action === action)
    }
    return { ...podman, image, state, told, [Symbol.asyncDispose]: dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}
