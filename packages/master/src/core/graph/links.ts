import { placeText } from '@roadstead/shared/protocol/listen.ts'
import type { GraphView } from '@roadstead/shared/protocol/http.ts'
import type { Volume } from '@roadstead/shared/protocol/stock.ts'
import type { RouteTable, Service } from '../routes/table.ts'
import type { Graph, HostNode } from './graph.ts'
import { compareText, nameOf, sortedHosts } from './select.ts'
import { stockHosts, type StockHost } from './stock-host.ts'
import type { Stock } from './stock.ts'
import { workloadOf } from './workload.ts'

type Node = GraphView['nodes'][number]
type Link = GraphView['links'][number]

/**
 * The inventory as things and the links between them. Everything here is computed from what hosts
 * said and what was derived, so that a link can never lead to a thing that is gone. Sorted.
 */
export function graphView(graph: Graph, table: RouteTable, stock: Stock): GraphView {
  const nodes = new Map<string, Node>()
  const links = new Map<string, Link>()
  const sketch: Sketch = {
    node: (kind, id, name) => {
      const node = { id: `${kind}:${id}`, kind, name }
      nodes.set(node.id, node)
      return node.id
    },
    link: (from, kind, to) => links.set(`${from} ${kind} ${to}`, { from, to, kind }),
  }
  for (const host of sortedHosts(graph)) drawHost(host, sketch)
  for (const host of stockHosts({ graph, stock })) drawStock(host, stock.volumes(host.id), sketch)
  for (const service of table.services.values()) drawService(service, sketch)
  return { nodes: sortedValues(nodes), links: sortedValues(links) }
}

interface Sketch {
  /** Returns the id of the node. */
  readonly node: (kind: string, id: string, name: string) => string
  readonly link: (from: string, kind: string, to: string) => void
}

function drawHost(host: HostNode, { node, link }: Sketch): void {
  const { facts, networks, containers } = host
  const hostNode = node('host', host.id, facts.name)
  const engine = node('engine', host.id, `Docker ${facts.engine.version}`)
  link(hostNode, 'runs', engine)
  for (const network of networks) {
    link(engine, 'has', node('network', `${host.id}/${network.id}`, network.name))
  }
  for (const container of containers.values()) {
    const own = node('container', `${host.id}/${container.id}`, nameOf(container))
    link(engine, 'has', own)
    const { rule, key } = workloadOf(container)
    link(own, 'instance of', node('workload', `${host.id}/${rule}/${key}`, key))
    for (const { networkId } of container.attachments) {
      const isKnown = networks.some(({ id }) => id === networkId)
      if (isKnown) link(own, 'attached to', `network:${host.id}/${networkId}`)
    }
  }
}

/** An image and a layer are one wherever they are; a volume is on its host. */
function drawStock(host: StockHost, volumes: readonly Volume[], { node, link }: Sketch): void {
  const engine = `engine:${host.id}`
  if (host.node === undefined) return
  for (const { id, layers, tags } of host.images) {
    const own = node('image', id, tags[0] ?? id)
    link(engine, 'has', own)
    for (const layer of layers) link(own, 'has', node('layer', layer, layer))
    for (const { id: container } of host.containersByImage.get(id) ?? []) {
      link(`container:${host.id}/${container}`, 'runs from', own)
    }
  }
  for (const { name } of volumes) {
    link(engine, 'has', node('volume', `${host.id}/${name}`, name))
  }
  const known = new Set(volumes.map(({ name }) => name))
  for (const { id, mounts } of host.node.containers.values()) {
    const mounted = mounts.filter(({ kind, source }) => kind === 'volume' && known.has(source))
    for (const { source } of mounted) {
      link(`container:${host.id}/${id}`, 'mounts', `volume:${host.id}/${source}`)
    }
  }
}

function drawService({ key, pools }: Service, { node, link }: Sketch): void {
  const service = node('service', key, key)
  for (const { routes, shareOf, endpoints } of pools) {
    if (shareOf !== undefined) link(`route:${shareOf.key}`, 'gives a share to', service)
    for (const route of routes) {
      const own = node('route', route.key, placeText(route))
      link(node('domain', route.domain, route.domain), 'has', own)
      link(own, 'leads to', service)
    }
    for (const { host, container, containerName, port } of endpoints) {
      const place = `${host}/${container}`
      const own = node('endpoint', `${place}:${port}`, `${containerName}:${port}`)
      link(service, 'has', own)
      link(own, 'served by', `container:${place}`)
    }
  }
}

function sortedValues<Value>(map: ReadonlyMap<string, Value>): Value[] {
  return [...map].sort(([a], [b]) => compareText(a, b)).map(([, value]) => value)
}
