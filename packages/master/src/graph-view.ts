import type { GraphView } from '@roadstead/shared/protocol/http.ts'
import { nameOf, sortedHosts } from './core/graph/select.ts'
import type { Scene } from './core/views/scene.ts'

/** Things and links of the inventory: host, network, container, service, domain, edge. */
export function graphView({ edges, graph, table }: Scene): GraphView {
  const nodes: GraphView['nodes'] = []
  const links: GraphView['links'] = []
  for (const { containers, facts, id, networks } of sortedHosts(graph)) {
    const host = `host:${id}`
    nodes.push({ id: host, kind: 'host', name: facts.name })
    for (const network of networks) {
      nodes.push({ id: `network:${id}:${network.id}`, kind: 'network', name: network.name })
      links.push({ from: `network:${id}:${network.id}`, to: host, kind: 'on' })
    }
    for (const container of containers.values()) {
      const own = `container:${container.id}`
      nodes.push({ id: own, kind: 'container', name: nameOf(container) })
      links.push({ from: own, to: host, kind: 'on' })
      for (const { networkId } of container.attachments) {
        if (networkId === '') continue
        links.push({ from: own, to: `network:${id}:${networkId}`, kind: 'attached' })
      }
    }
  }
  for (const { key, pools } of table.services.values()) {
    nodes.push({ id: `service:${key}`, kind: 'service', name: key })
    const serving = new Set(pools.flatMap(({ endpoints }) => endpoints.map((it) => it.container)))
    for (const id of serving) {
      links.push({ from: `service:${key}`, to: `container:${id}`, kind: 'served-by' })
    }
  }
  const domains = new Set<string>()
  for (const { domain, path, service } of table.routes.values()) {
    if (!domains.has(domain)) nodes.push({ id: `domain:${domain}`, kind: 'domain', name: domain })
    domains.add(domain)
    links.push({ from: `domain:${domain}`, to: `service:${service}`, kind: `route ${path}` })
  }
  for (const [id, { status }] of edges) {
    nodes.push({ id: `edge:${id}`, kind: 'edge', name: status.name })
    if (status.host !== undefined && graph.hosts.has(status.host)) {
      links.push({ from: `edge:${id}`, to: `host:${status.host}`, kind: 'on' })
    }
  }
  return { nodes, links }
}
