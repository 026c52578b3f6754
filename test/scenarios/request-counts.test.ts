/**
 * What visitors ask is counted once and told to the masters, also over the death of an edge; and an edge
 * that does not read costs its visitors nothing. Real: a Docker Engine with its agent, nats-server, a
 * master, an edge with its nginx, in both tiers.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ask as askOnce } from '../rig/ask.ts'
import { eventually } from '../rig/eventually.ts'
import { answeredBy, assertNothingLost } from '../rig/expect.ts'
import { nginxOf } from '../rig/nginx-processes.ts'
import { type Edge, visitOf } from '../rig/parts.ts'
import { type EdgeTier, Rig } from '../rig/rig.ts'
import { Visitor } from '../rig/visitor.ts'

const tiers: readonly EdgeTier[] = ['live', 'reload']
/** Told every five seconds, and a second old. */
const TOLD = { withinMs: 25_000 }
/** Nobody probes this one: what is counted of it is what the test has asked. */
const COUNTED = 'counted.example.com'
const key = `${COUNTED} prefix /`

for (const tier of tiers) {
  test(`${tier}: requests are counted, once each`, async (t) => {
    await using rig = await Rig.start(t, { hosts: ['alpha'], tier })
    const { engine } = rig.host('alpha')
    const edge = rig.edge()
    const missedMax = tier === 'live' ? 0 : nginxOf(edge).workers.length
    const isAbout = (most: number, found: number, fewer = missedMax) =>
      found <= most && found >= most - fewer
    const labels = { 'roadstead.host': `web.example.com,${COUNTED}` }
    await engine.run('web', { labels, clerk: { books: rig.folder.folder('books') } })
    await answeredBy(rig, 'web.example.com', 'web')

    await rig.step('200 known requests give exactly these counts', async () => {
      await ask(rig, 130, '/')
      await ask(rig, 30, '/?status=404')
      await ask(rig, 30, '/?status=503')
      await ask(rig, 10, '/?ms=300')
      await eventually('all are told', async () => (await counted(rig)).sum === 200, TOLD)
      const { byClass, slow } = await counted(rig)
      assert.deepEqual(byClass, { '2xx': 140, '4xx': 30, '5xx': 30 })
      assert.ok(slow >= 10 && slow <= SLOW_MAX, `${slow} were slow`)
    })

    await rig.step('the API tells how much is asked, and how much of it fails', async () => {
      const { leader } = await rig.leader()
      const areTold = async () => {
        const now = (await leader.api.routes()).find(({ domain }) => domain === COUNTED)?.requests
        assert.ok((now?.perSecond ?? 0) > 1, JSON.stringify(now))
        assert.ok((now?.errorsPerSecond ?? 0) > 0.1, JSON.stringify(now))
        assert.ok((now?.p99Ms ?? 0) > 200 && (now?.p50Ms ?? 1_000) < 200, JSON.stringify(now))
        return true
      }
      await eventually('rates', areTold, TOLD)
    })

    await rig.step('an edge that was killed goes on counting where it was', async () => {
      const before = starts(edge)
      await edge.process.kill()
      await ask(rig, 20, '/')
      await edge.process.restart()
      await eventually('it serves', () => starts(edge) > before, { withinMs: 20_000 })
      await ask(rig, 50, '/')
      // The memory of nginx keeps what was asked meanwhile; a log that nobody reads is gone, and with
      // it one line of each worker, to which the kernel tells by it that nobody has read the last one.
      const sum = tier === 'live' ? 270 : 250
      await eventually('the rest is told', async () => isAbout(sum, (await counted(rig)).sum), TOLD)
    })

    await rig.step('an edge that stands still harms nobody, and says what it missed', async () => {
      const before = await counted(rig)
      await using visitor = Visitor.a(visitOf(edge, COUNTED, { by: () => ['web'] }), QUICK)
      edge.process.freeze()
      const isMany = (): boolean => visitor.report().requests > 1_500
      try {
        await eventually('many visits', isMany, { withinMs: 60_000 })
      } finally {
        await visitor.leave()
        edge.process.thaw()
      }
      const report = visitor.report()
      assertNothingLost(report)
      const sum = async () => {
        const now = await counted(rig)
        return now.sum - before.sum + now.uncounted - before.uncounted
      }
      // What was still to be told when the count began comes with it.
      const are = async () => isAbout(report.requests + missedMax, await sum(), 2 * missedMax)
      await eventually('all are told of', are, TOLD)
      if (tier === 'live') assert.equal((await counted(rig)).uncounted, 0)
    })
  })
}

const VISITORS = 10
/** Ten are asked to be; a busy machine makes others so. */
const SLOW_MAX = 30
const QUICK = { atOnce: 4, pauseMs: 0 }

/** A few at a time, each as patient as a browser: all of them are answered, on a busy machine too. */
async function ask(rig: Rig, times: number, path: string): Promise<void> {
  let left = times
  const visitor = async (): Promise<void> => {
    while (left > 0) {
      left -= 1
      await askOnce(rig.edge(), `${COUNTED}${path}`)
    }
  }
  await Promise.all(Array.from({ length: VISITORS }, visitor))
}

function starts({ process }: Edge): number {
  return process.lines().filter((line) => line.includes('nginx serves')).length
}

interface Counted {
  readonly sum: number
  readonly byClass: Readonly<Record<string, number>>
  /** Above a quarter of a second. */
  readonly slow: number
  readonly uncounted: number
}

/** As whoever scrapes a master reads it. */
async function counted(rig: Rig): Promise<Counted> {
  const { leader } = await rig.leader()
  const lines = (await leader.api.metrics()).split('\n')
  const own = lines.filter((line) => line.includes(`route="${key}"`))
  const requests = own.filter((line) => line.startsWith('roadstead_route_requests_total'))
  const byClass = Object.fromEntries(
    requests.map((line) => [/code_class="([^"]*)"/.exec(line)?.[1] ?? '', valueOf(line)]),
  )
  const seconds = own.filter((line) => line.startsWith('roadstead_route_request_duration_seconds'))
  const within = (le: string) => valueOf(seconds.find((line) => line.includes(`le="${le}"`)))
  return {
    sum: requests.reduce((all, line) => all + valueOf(line), 0),
    byClass,
    slow: within('+Inf') - within('0.25'),
    uncounted: valueOf(lines.find((line) => line.startsWith('roadstead_requests_uncounted_total'))),
  }
}

function valueOf(line = ''): number {
  return Number(line.split(' ').at(-1) ?? 0)
}
