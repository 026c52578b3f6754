import type { Graph } from '../graph/graph.ts'
import type { PolicyDocument } from './document.ts'
import { enrolledHosts } from './policy-of.ts'
import type { PolicyFault, PolicyPath } from './problems.ts'

/** Hosts that the document names and that nobody knows: it may be written before they join. */
export function unknownHosts(
  document: PolicyDocument,
  graph: Pick<Graph, 'decisions' | 'hosts'>,
): readonly PolicyFault[] {
  const named = enrolledHosts(graph)
  const isKnown = (text: string): boolean =>
    named(text).some((id) => graph.hosts.has(id) || graph.decisions.has(`d.identity.agent.${id}`))
  return hostsIn(document)
    .filter(({ text }) => !isKnown(text))
    .map(({ path, text, isKey }) => ({
      path,
      what: adviceOn(text, graph),
      ...(isKey && { isKey }),
    }))
}

function adviceOn(text: string, { hosts }: Pick<Graph, 'hosts'>): string {
  const same = [...hosts.values()].find(({ facts }) => facts.name === text)
  return same === undefined
    ? 'No host has joined by this name or id. It counts as soon as one does.'
    : `A host calls itself so, but did not join by this name. Write its id: ${same.id}.`
}

interface NamedHost {
  readonly path: PolicyPath
  readonly text: string
  readonly isKey?: true
}

function hostsIn({ claims = [], dialects, limits, unlabelled }: PolicyDocument): NamedHost[] {
  return [
    ...claims.flatMap(({ hosts }, at) => inList(hosts, ['claims', at, 'hosts'])),
    ...asKeys(dialects?.hosts, ['dialects', 'hosts']),
    ...asKeys(limits?.hosts, ['limits', 'hosts']),
    ...inList(unlabelled?.hosts, ['unlabelled', 'hosts']),
  ]
}

function inList(hosts: readonly string[] | 'all' | undefined, path: PolicyPath): NamedHost[] {
  if (hosts === undefined || hosts === 'all') return []
  return hosts.map((text, at) => ({ path: [...path, at], text }))
}

function asKeys(all: Readonly<Record<string, unknown>> | undefined, path: PolicyPath): NamedHost[] {
  return Object.keys(all ?? {}).map((text) => ({ path: [...path, text], text, isKey: true }))
}
