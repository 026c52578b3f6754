import { sha256 } from '@roadstead/bus/sha256.ts'
import {
  exampleContainer,
  exampleFacts,
  exampleNetworks,
  exampleSnapshot,
  exampleStamp,
} from '@roadstead/master/core/examples.ts'
import { foldAll } from '@roadstead/master/core/graph/fold.ts'
import { emptyGraph, type Graph } from '@roadstead/master/core/graph/graph.ts'
import type { EdgeFacts } from '@roadstead/master/core/routes/edge-place.ts'
import { EdgeId, HostId } from '@roadstead/shared/kernel/ids.ts'
import { Container } from '@roadstead/shared/protocol/container.ts'
import { Decision, decisionKey } from '@roadstead/shared/protocol/decision.ts'

export interface World {
  readonly graph: Graph
  readonly edges: readonly EdgeFacts[]
  /** Granted by the policy. */
  readonly loopbackHosts: readonly HostId[]
  /** Lines that begin with `|`; empty where there are none. */
  readonly policyText: string
}

interface HostDraft {
  readonly addresses: string[]
  readonly engine: string
  readonly containers: Draft[]
}

type Draft = Record<string, unknown> & {
  name: string
  labels: Record<string, string>
  routingEnvironment: Record<string, string>
  environmentNames: string[]
}

/** Builds what the input of a golden case describes, line by line; every word it knows is here. */
export function readWorld(input: string): World {
  const hosts = new Map<string, HostDraft>()
  const decisions: Decision[] = []
  const edges: EdgeFacts[] = []
  const loopbackHosts: HostId[] = []
  const policyLines: string[] = []
  let number = 0
  for (const line of input.split('\n')) {
    const label = /^ {4}(\S+) = (.*)$/.exec(line)
    const variable = /^ {4}env (\S+) = (.*)$/.exec(line)
    const [word = '', name = '', ...rest] = line.trim().split(' ')
    const options = optionsOf(rest)
    const last = [...hosts.values()].at(-1)
    if (line.startsWith('|')) policyLines.push(line.slice(2))
    else if (variable !== null) setLast(last, variable[1] ?? '', variable[2] ?? '')
    else if (label !== null) labelLast(last, label[1] ?? '', label[2] ?? '')
    else if (word === 'host') hosts.set(name, hostOf(name, options))
    else if (word === 'container') last?.containers.push(draftOf(name, (number += 1), options))
    else if (word === 'edge') edges.push(edgeOf(name, options))
    else if (word === 'lost') decisions.push(presence(name))
    else if (word === 'drain') decisions.push(drain(name))
    else if (word === 'loopback') loopbackHosts.push(HostId.parse(name))
    else if (word === 'joined') decisions.push(joined(name, rest, decisions.length))
    else if (word === 'claim') decisions.push(claim(name, options))
    else if (word !== '') throw new Error(`a golden input does not say ${word}`)
  }
  const policyText = policyLines.join('\n')
  return { graph: graphOf(hosts, decisions), edges, loopbackHosts, policyText }
}

function graphOf(hosts: ReadonlyMap<string, HostDraft>, decisions: readonly Decision[]): Graph {
  return foldAll(emptyGraph, [
    ...[...hosts].map(([name, { addresses, engine, containers }]) => {
      const facts = exampleFacts(name, { addresses })
      return exampleSnapshot(
        exampleStamp(name, 1),
        containers.map((each) => Container.parse(each)),
        {
          facts: { ...facts, engine: { ...facts.engine, id: engine } },
          networks: [...exampleNetworks, BACK],
        },
      )
    }),
    ...decisions.map((decision) => ({
      kind: 'decision' as const,
      key: decisionKey(decision, sha256),
      decision,
    })),
  ]).graph
}

type Options = ReadonlyMap<string, string>

/** `exposes 80,81 health healthy`: names and values in turn. */
function optionsOf(words: readonly string[]): Options {
  const pairs = words.flatMap((word, index) =>
    index % 2 === 0 ? [[word, words[index + 1] ?? ''] as const] : [],
  )
  return new Map(pairs)
}

function hostOf(name: string, options: Options): HostDraft {
  const addresses = (options.get('at') ?? '192.0.2.1').split(',')
  return { addresses, engine: options.get('engine') ?? `engine-${name}`, containers: [] }
}

function draftOf(name: string, number: number, options: Options): Draft {
  const exposed = portsIn(options.get('exposes') ?? '80')
  const published = new Map(
    (options.get('publishes') ?? '').split(',').flatMap((each) => {
      const [, address = '0.0.0.0', outer, inner] = /^(?:(.+)@)?(\d+):(\d+)$/.exec(each) ?? []
      return inner === undefined ? [] : [[Number(inner), { address, port: Number(outer) }] as const]
    }),
  )
  const [project, composeService] = options.get('compose')?.split('/') ?? []
  const isOnHost = options.get('network') === 'host'
  return {
    ...exampleContainer(number),
    name,
    labels: {},
    routingEnvironment: {},
    environmentNames: [],
    inheritedEnvironment: options.get('image-env')?.split(',') ?? [],
    inheritedLabels: options.has('image-label') ? imageLabel(options.get('image-label')) : {},
    state: options.get('state') ?? 'running',
    health: options.get('health') ?? 'none',
    stopping: options.get('stopping') === 'yes',
    accepting: portsIn(options.get('accepts') ?? String(exposed[0] ?? '')),
    networkMode: options.get('network') ?? 'bridge',
    attachments: isOnHost ? [] : attachmentsOf(number, options),
    ports: exposed.map((port) => ({
      port,
      protocol: 'tcp',
      exposed: true,
      published: published.has(port) ? [published.get(port)] : [],
    })),
    ...(project !== undefined && { project, composeService }),
  }
}

/** A second network, for containers that are in two. */
const BACK = {
  id: 'net-back',
  name: 'back',
  driver: 'bridge',
  scope: 'local',
  internal: false,
  subnets: ['172.18.0.0/16'],
}

function attachmentsOf(number: number, options: Options) {
  const own = exampleContainer(number).attachments
  if (options.get('also-in') !== 'back') return own
  const back = { network: 'back', networkId: BACK.id, address: `172.18.0.${number}`, aliases: [] }
  return [...own, back]
}

function imageLabel(text = ''): Record<string, string> {
  const [key = '', value = ''] = text.split('=')
  return { [key]: value }
}

function portsIn(text: string): number[] {
  return text === 'none' || text === '' ? [] : text.split(',').map(Number)
}

function labelLast(host: HostDraft | undefined, key: string, value: string): void {
  const container = host?.containers.at(-1)
  if (container !== undefined) container.labels[key] = value
}

function setLast(host: HostDraft | undefined, variable: string, value: string): void {
  const container = host?.containers.at(-1)
  if (container === undefined) return
  container.routingEnvironment[variable] = value
  container.environmentNames.push(variable)
}

function edgeOf(name: string, options: Options): EdgeFacts {
  const host = options.get('on')
  return {
    edge: EdgeId.parse(name),
    ...(host !== undefined && { host: HostId.parse(host) }),
    addresses: (options.get('at') ?? '198.51.100.1').split(','),
    httpPort: 8_080,
  }
}

const since = '2026-01-01T00:00:00Z'

function presence(host: string): Decision {
  return Decision.parse({ kind: 'presence', host, presence: 'lost', since })
}

/** `joined h1 as web-1`: the host was brought in with this name, after those above it. */
function joined(id: string, [, name]: readonly string[], at: number): Decision {
  const identity = { kind: 'identity', role: 'agent', id, name, publicKey: `U${'A'.repeat(55)}` }
  return Decision.parse({ ...identity, revoked: false, since: `2026-01-01T00:00:0${at}Z` })
}

function drain(host: string): Decision {
  return Decision.parse({ kind: 'drain', host, by: 'ann', why: 'upgrade', since })
}

function claim(domain: string, options: Options): Decision {
  const [path, match, service] = [options.get('path') ?? '/', 'prefix', options.get('service')]
  const [host, container] = [options.get('host') ?? 'alpha', 'f'.repeat(64)]
  const holdMs = options.has('hold') ? Number(options.get('hold')) : undefined
  const place = { domain, path, match, service, host, container }
  const allow = options.get('allow')?.split(',')
  const settings = allow === undefined ? undefined : { allow }
  const project = options.get('project')
  return Decision.parse({ kind: 'claim', ...place, holdMs, settings, project, since })
}
