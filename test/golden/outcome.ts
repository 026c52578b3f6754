import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { allEntries } from '@roadstead/edge/core/live/entries.ts'
import { render } from '@roadstead/edge/core/nginx/render.ts'
import { fixed } from '@roadstead/edge/core/nginx/directive.ts'
import { print } from '@roadstead/edge/core/nginx/print.ts'
import { proxyHeaders } from '@roadstead/edge/core/nginx/profile.ts'
import { askedAt } from '@roadstead/edge/core/nginx/asked.ts'
import { plainView } from '@roadstead/edge/core/own-view.ts'
import { probesOf } from '@roadstead/edge/core/probes.ts'
import { renderStreams } from '@roadstead/edge/core/streams/render-streams.ts'
import { assemble } from '@roadstead/edge/core/table.ts'
import { deriveAll } from '@roadstead/master/core/routes/derive.ts'
import { tableForEdge } from '@roadstead/master/core/routes/edge-table.ts'
import { tableText } from './table-text.ts'
import { readWorld } from './world.ts'
import { policyOfWorld } from './world-policy.ts'

/** What an edge makes of the labels of a world, line by line. */
export interface Outcome {
  /** `<route> <reason>`, and `remark: <sentence>` for what is not done. */
  readonly verdicts: readonly string[]
  /** The file that nginx reads in the reload tier. */
  readonly nginx: readonly string[]
  /** The file that nginx reads for TCP and UDP, in both tiers. */
  readonly streams: readonly string[]
  /** The file that nginx reads in the live tier: changing it takes a reload. */
  readonly text: readonly string[]
  /** What lies in the memory of nginx in the live tier. */
  readonly memory: readonly string[]
  /** What the edge asks endpoints itself. */
  readonly checks: readonly string[]
  readonly table: readonly string[]
}

/** Users that the edge has, so that a route which asks for them is open. */
const view = { ...plainView, users: new Map([['team', ['ann:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=']]]) }

/** What every location says; only where one says something else is worth reading. */
const USUAL: ReadonlySet<string> = new Set(
  print(
    proxyHeaders({ prefix: fixed(''), asked: askedAt({ http: 80, https: undefined }, 'plain') }),
  )
    .split('\n')
    .map((line) => line.trim()),
)

/** From labels to the text of nginx, by the functions that masters and edges run. */
export function outcomeOf(input: string): Outcome {
  const world = readWorld(input)
  const policy = policyOfWorld(world)
  if (Array.isArray(policy)) throw new Error(policy.join('\n'))
  const derivation = deriveAll(world.graph, { policy, digest })
  const [facts] = world.edges
  if (facts === undefined) throw new Error('the world has no edge')
  const table = tableForEdge(derivation.table, world.graph, facts)
  const slices = [...table.services.values()].map(({ routes, services, streams }) => ({
    routes: [...routes],
    services: [...services],
    ...(streams.length > 0 && { streams: [...streams] }),
  }))
  const assembled = assemble(slices)
  if (assembled.kind !== 'table') throw new Error(assembled.why)
  const settings = { listen: '80', port: 80, digest }
  const drawn = render(assembled.table, view, { ...settings, tier: 'reload' })
  const { live, body } = render(assembled.table, view, { ...settings, tier: 'live' })
  const verdicts = [...derivation.verdicts.values()].flatMap((own) => [...own.values()].flat())
  const remarks = [...derivation.asks.values()].flatMap((own) =>
    [...own.asks.values()].flatMap(({ reading }) => reading.remarks),
  )
  return {
    verdicts: [
      ...new Set(verdicts.map(({ route, reason }) => `${route} ${reason}`)),
      ...new Set(remarks.map(({ why }) => `remark: ${why}`)),
    ],
    nginx: linesOf(drawn.body).filter((line) => !USUAL.has(line)),
    streams: linesOf(renderStreams(assembled.table, view, { listen: '0.0.0.0:80' }).body),
    text: linesOf(body),
    memory: [...allEntries(live?.entries ?? { buckets: [], count: 0 })].map((it) => it.join(' ')),
    checks: [...probesOf(assembled.table).keys()],
    table: linesOf(tableText('', table)),
  }
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').map((line) => line.trim())
}
