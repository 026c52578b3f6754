import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { assemble, type EdgeTable } from '@roadstead/edge/core/table.ts'
import {
  exampleContainer,
  exampleFacts,
  exampleSnapshot,
  exampleStamp,
} from '@roadstead/master/core/examples.ts'
import { foldAll } from '@roadstead/master/core/graph/fold.ts'
import { emptyGraph } from '@roadstead/master/core/graph/graph.ts'
import { readAsks } from '@roadstead/master/core/routes/dialects/read-asks.ts'
import { deriveAll } from '@roadstead/master/core/routes/derive.ts'
import { type EdgeService, tableForEdge } from '@roadstead/master/core/routes/edge-table.ts'
import type { Reading } from '@roadstead/master/core/routes/intent.ts'
import { defaultPolicy, type Policy } from '@roadstead/master/core/routes/policy.ts'
import { EdgeId, HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { ListenName } from '@roadstead/shared/protocol/route.ts'
import { TableSlice } from '@roadstead/shared/protocol/table.ts'

export interface Says {
  readonly labels: Readonly<Record<string, string>>
  readonly variables: Readonly<Record<string, string>>
}

const ANYWHERE = HostId.parse('h0')

/** More than a fleet has members here, so that each has ports of its own. */
const MEMBERS_MAX = 2_000
const PORTS_FROM = 20_000

/** Entry points as rows of Traefik name them, and those of each member. */
export const entryPoints = Object.fromEntries([
  ...entriesOf('', 15_432),
  ...Array.from({ length: MEMBERS_MAX }, (_, at) => entriesOf(`-${at}`, PORTS_FROM + at)).flat(),
])

function entriesOf(suffix: string, port: number) {
  return [
    [`pg${suffix}`, ListenName.parse(`tcp:${port}`)],
    [`pg2${suffix}`, ListenName.parse(`tcp:${port + MEMBERS_MAX}`)],
    [`dns${suffix}`, ListenName.parse(`udp:${port}`)],
  ] as const
}

const policy: Policy = {
  ...defaultPolicy,
  dialects: { ...defaultPolicy.dialects, entryPoints },
}

/** With a name and ports of its own instead of those of all rows, so that many fit into one fleet. */
export function withOwnPlaces({ labels, variables }: Says, letter: string, number: number): Says {
  const own = number % MEMBERS_MAX
  const texts = (all: Says['labels']) =>
    Object.fromEntries(
      Object.entries(all).map(([key, text]) => {
        const placed = text
          .replaceAll('a.example', `${letter}${number}.example`)
          .replaceAll('15432', String(PORTS_FROM + own))
        const isEntries = /\.entrypoints$/i.test(key)
        return [key, isEntries ? placed.replace(/\b(pg2?|dns)\b/g, `$1-${own}`) : placed]
      }),
    )
  return { labels: texts(labels), variables: texts(variables) }
}

/** What a master understands of a container that says this. */
export function readingOf(says: Says): Reading | undefined {
  const source = { container: containerOf(says, 1, 80), host: ANYWHERE, digest }
  return readAsks({ ...source, policy })
}

function containerOf({ labels, variables }: Says, number: number, port: number): Container {
  const published = [{ address: '127.0.0.1', port }]
  return exampleContainer(number, {
    labels,
    routingEnvironment: variables,
    environmentNames: Object.keys(variables),
    ports: [
      { port: 80, protocol: 'tcp', exposed: true, published },
      { port: 80, protocol: 'udp', exposed: true, published },
    ],
    attachments: [],
  })
}

function sliceOf({ routes, services, streams }: EdgeService) {
  return { routes, services, ...(streams.length > 0 && { streams }) }
}

export interface Member extends Says {
  /** Where it listens, on loopback. */
  readonly port: number
}

/**
 * The table that an edge gets when each of these runs on a host of its own, through everything that
 * lies between an engine and an edge but the bus: fold, derive, and the text that a message carries.
 */
export function tableOf(members: readonly Member[]): EdgeTable {
  const hosts = members.map((_, at) => HostId.parse(`h${at + 1}`))
  const { graph } = foldAll(
    emptyGraph,
    members.map((member, at) => {
      const name = `h${at + 1}`
      const container = containerOf(member, at + 1, member.port)
      const facts = exampleFacts(name, { addresses: [`192.0.2.${(at % 250) + 1}`] })
      const own = { ...facts, engine: { ...facts.engine, id: `engine-${name}` } }
      return exampleSnapshot(exampleStamp(name, 1), [container], { facts: own })
    }),
  )
  const { table } = deriveAll(graph, { policy: { ...policy, loopbackHosts: hosts }, digest })
  const edge = { edge: EdgeId.parse('e1'), addresses: ['198.51.100.1'], httpPort: 1 }
  const { services } = tableForEdge(table, graph, edge)
  const slices = [...services.values()].map((each) =>
    TableSlice.parse(JSON.parse(JSON.stringify(sliceOf(each)))),
  )
  const assembled = assemble(slices)
  if (assembled.kind !== 'table') throw new Error(assembled.why)
  return assembled.table
}
