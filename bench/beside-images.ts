/**
 * What a container waits for on its way to visitors while images come and go on its host: in turns
 * without and with somebody who names images without a pause. The names cost the engine, too, so what
 * the engine itself takes for a list is told beside it.
 */
import { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { answeredBy } from '../test/rig/expect.ts'
import { eventually } from '../test/rig/eventually.ts'
import { tarOf } from '../test/rig/image/tar.ts'
import type { Engine } from '../test/rig/engine.ts'
import type { Rig } from '../test/rig/rig.ts'
import { type BenchOptions, type BenchResult, summarise } from './bench.ts'
import { nextEvent } from './engine-events.ts'
import { federation, plainContainer } from './federation.ts'
import { visitors } from './first-served.ts'

const SAMPLES = 30
const IMAGES = 100
const NAME_EVERY_MS = 50
const SETTLED_MS = 1_000
const SHARED = 'shared.bench.test'

export async function run({ samples = SAMPLES }: BenchOptions): Promise<readonly BenchResult[]> {
  await using rig = await federation({ hosts: ['alpha'], masters: 2, tier: 'live' })
  const { engine } = rig.host('alpha')
  for (let image = 0; image < IMAGES; image += 1) await bringIn(engine, image)
  const labels = { 'roadstead.host': SHARED, 'roadstead.service': 'shared' }
  await engine.run('steady', { labels })
  await answeredBy(rig, SHARED, 'steady')
  const quiet: number[] = []
  const busy: number[] = []
  await sample(rig, 'warm-up', labels)
  for (let at = 0; at < samples; at += 1) {
    quiet.push(await sample(rig, `quiet-${at}`, labels))
    const naming = new AbortController()
    const named = nameOn(engine, naming.signal)
    await sleep(SETTLED_MS)
    busy.push(await sample(rig, `busy-${at}`, labels))
    naming.abort()
    await named
    await sleep(SETTLED_MS)
  }
  const began = performance.now()
  await engine.api.listImages()
  const extra = { images: IMAGES, listMs: Math.round(performance.now() - began) }
  return [
    summarise('route: images rest', quiet, extra),
    summarise('route: images come and go', busy, extra),
  ]
}

async function bringIn({ api }: Engine, number: number): Promise<void> {
  const content = Buffer.from(String(number))
  const archive = tarOf([{ path: 'file', content, mode: 0o644 }])
  const stream = await api.importImage(Readable.from([archive]), {
    repo: 'other',
    tag: String(number),
  })
  await new Promise<void>((resolve, reject) => {
    api.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()))
  })
}

/** Two events of an image every 50 ms. */
async function nameOn({ api }: Engine, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await api.getImage('other:0').tag({ repo: 'other', tag: 'moving' })
    await api.getImage('other:moving').remove()
    await sleep(NAME_EVERY_MS)
  }
}

async function sample(rig: Rig, name: string, labels: Record<string, string>): Promise<number> {
  const { engine } = rig.host('alpha')
  const id = await engine.create(name, { ...plainContainer(rig, name), labels })
  using crowd = visitors('live', rig.edge().httpPort, SHARED, name)
  using started = nextEvent(engine, id, 'start')
  const starting = engine.container(id).start()
  const startMs = await started.atMs
  const servedMs = await crowd.firstServedMs()
  await starting
  await engine.remove(name)
  const { leader } = await rig.leader()
  await eventually(
    `${name} is gone`,
    async () => {
      const routes = await leader.api.routes()
      const endpoints = routes.flatMap((route) => route.endpoints)
      return endpoints.every(({ containerName }) => containerName !== name)
    },
    { withinMs: 10_000 },
  )
  return servedMs - startMs
}
