import type { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import type {
  DrainRequest,
  RestartRequest,
  RolloutRequest,
} from '@roadstead/shared/protocol/http.ts'
import { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import {
  type ContainerRef,
  type Run,
  type RunId,
  RUN_MEMBERS_MAX,
  type RunMember,
} from '@roadstead/shared/protocol/run.ts'
import type { HostNode } from '../graph/graph.ts'
import { resolveContainer } from '../graph/names.ts'
import { compareText, findContainer, type Placed, sortedHosts } from '../graph/select.ts'
import { compareRefs } from '../routes/claimant.ts'
import {
  activeRuns,
  BY_MAX,
  drainAt,
  drainKey,
  hostDrainKey,
  isSettled,
  pathOf,
  refKey,
} from './refs.ts'
import { isEndpoint, type SightScene } from './sight.ts'

/** What a person asks for. */
export type RunRequest =
  | ({ readonly verb: 'drain' | 'undrain' } & DrainRequest)
  | ({ readonly verb: 'restart' } & RestartRequest)
  | ({ readonly verb: 'rollout' } & RolloutRequest)

export interface Requester {
  readonly id: RunId
  readonly by: string
  readonly at: string
}

export type Begun =
  /** To be written in this order. */
  | { readonly kind: 'begun'; readonly run: Run; readonly cancelled: readonly Run[] }
  | {
      readonly kind: 'refused'
      readonly code: RoadsteadError['code']
      readonly facts: RoadsteadError['facts']
    }

type Refused = Extract<Begun, { kind: 'refused' }>
type Target = Pick<Run, 'host' | 'members' | 'service' | 'target' | 'unwatched'>

/** The run that a request stands for, or why there is none. Nothing of it has happened yet. */
export function beginRun(request: RunRequest, scene: SightScene, who: Requester): Begun {
  const target = targetOf(request, scene)
  if ('kind' in target) return target
  const { verb, why } = request
  const rivals = rivalsOf(target, scene)
  // Whoever takes a drain back need not wait until it has had its effect.
  const cancelled = verb === 'undrain' ? rivals.filter((run) => isDrainOf(run, target)) : []
  const rival = rivals.find((run) => !cancelled.includes(run))
  if (rival !== undefined) {
    const { id, target: what, verb: does } = rival
    return refused('run-under-way', { run: id, verb: does, target: what })
  }
  const others = activeRuns(scene.graph).filter((each) => each.verb !== 'let-go').length
  if (verb !== 'undrain' && others >= RUNS_AT_ONCE_MAX) {
    return refused('run-under-way', { runs: others, atMost: RUNS_AT_ONCE_MAX })
  }
  const run: Run = {
    ...target,
    id: who.id,
    verb,
    by: who.by.slice(0, BY_MAX),
    why,
    since: who.at,
    atOnce: request.verb === 'rollout' ? request.atOnce : 1,
    state: 'running',
    log: [],
  }
  const over = { state: 'cancelled', endedAt: who.at } as const
  return { kind: 'begun', run, cancelled: cancelled.map((each) => ({ ...each, ...over })) }
}

/** Each may be a record of 150 KB in the control stream; more than this at once nobody watches. */
const RUNS_AT_ONCE_MAX = 100

function isDrainOf({ host, verb }: Run, target: Target): boolean {
  return verb === 'drain' && host === target.host
}

function rivalsOf({ host, members }: Target, { graph }: SightScene): readonly Run[] {
  const keys = new Set(members.map(refKey))
  return activeRuns(graph).filter(
    (run) =>
      (host !== undefined && run.host === host) ||
      run.members.some((member) => !isSettled(member) && keys.has(refKey(member))),
  )
}

function targetOf(request: RunRequest, scene: SightScene): Target | Refused {
  switch (request.verb) {
    case 'restart':
      return containerTarget(request.container, scene)
    case 'rollout':
      return serviceTarget(request.service, scene)
    default:
      return drainTarget(request, scene)
  }
}

function drainTarget(
  { container, host, verb }: Extract<RunRequest, { verb: 'drain' | 'undrain' }>,
  scene: SightScene,
): Target | Refused {
  if ((container === undefined) === (host === undefined)) {
    return refused('bad-input', { fields: 'either container or host' })
  }
  const target =
    host === undefined ? containerTarget(container ?? '', scene) : hostTarget(host, verb, scene)
  if ('kind' in target || verb === 'drain') return target
  const [member] = target.members
  const key = target.host === undefined ? member && drainKey(member) : hostDrainKey(target.host)
  if (key !== undefined && drainAt(scene.graph, key) !== undefined) return target
  const ofHost = member && drainAt(scene.graph, hostDrainKey(member.host))
  return ofHost === undefined
    ? refused('not-found', { why: `${target.target} is not drained` })
    : refused('bad-input', { why: `${target.target} is drained with its host; undrain the host` })
}

function containerTarget(text: string, { graph }: SightScene): Target | Refused {
  const named = resolveContainer(graph, text)
  if (named.kind === 'none') return refused('not-found', { container: text })
  if (named.kind === 'ambiguous') {
    return refused('ambiguous-name', { containers: named.names.slice(0, NAMED_MAX) })
  }
  const member = memberOf(named.placed)
  return { target: member.path, members: [member] }
}

/** More would not help to choose. */
const NAMED_MAX = 10

/** Of a large host the first are watched; the table that takes them out takes out the others too. */
function hostTarget(text: string, verb: 'drain' | 'undrain', scene: SightScene): Target | Refused {
  const hosts = sortedHosts(scene.graph)
  const named = hosts.filter(({ facts }) => facts.name === text)
  const host = hosts.find(({ id }) => id === text) ?? named[0]
  if (host === undefined) return refused('not-found', { host: text })
  if (host.id !== text && named.length > 1) {
    return refused('ambiguous-name', { hosts: named.map(({ id }) => id).slice(0, NAMED_MAX) })
  }
  const routed = verb === 'drain' ? routedOn(host, scene) : []
  const unwatched = routed.length - RUN_MEMBERS_MAX
  return {
    target: host.facts.name,
    host: host.id,
    members: routed.slice(0, RUN_MEMBERS_MAX),
    ...(unwatched > 0 && { unwatched }),
  }
}

function routedOn(host: HostNode, scene: SightScene): RunMember[] {
  return [...host.containers.values()]
    .filter(({ id }) => isEndpoint({ host: host.id, container: id }, scene))
    .sort((a, b) => compareText(a.id, b.id))
    .map((container) => memberOf({ host, container }))
}

/** By its key, or by the end of it that nobody else has. */
function serviceTarget(text: string, scene: SightScene): Target | Refused {
  const { services } = scene.table
  const exact = ServiceKey.safeParse(text).data
  const keys =
    exact !== undefined && services.has(exact)
      ? [exact]
      : [...services.keys()].filter((key) => key.endsWith(`/${text}`))
  const [key, ...others] = keys
  if (key === undefined) return refused('not-found', { service: text })
  if (others.length > 0) return refused('ambiguous-name', { services: keys.slice(0, NAMED_MAX) })
  const members = membersOf(key, scene)
  if (members.length === 0) {
    return refused('not-found', { why: `no container of ${key} is running` })
  }
  if (members.length > RUN_MEMBERS_MAX) {
    return refused('bad-input', { containers: members.length, atMost: RUN_MEMBERS_MAX })
  }
  return { target: key, service: key, members }
}

/** Everything that asks on behalf of the service and runs, serving or not. */
function membersOf(key: ServiceKey, { graph, table }: SightScene): RunMember[] {
  const pools = table.services.get(key)?.pools ?? []
  const asked = pools.flatMap(({ routes }) => routes.flatMap((route) => route.asked))
  const own = asked.filter(({ service }) => service === key)
  const refs = new Map(own.map((each): [string, ContainerRef] => [refKey(each), each]))
  return [...refs.values()]
    .sort(compareRefs)
    .flatMap(({ container, host }) => findContainer(graph, host, container) ?? [])
    .filter(({ container }) => container.state === 'running')
    .map(memberOf)
}

function memberOf(placed: Placed): RunMember {
  const { container, host } = placed
  return { host: host.id, container: container.id, path: pathOf(placed), phase: 'waiting' }
}

function refused(code: Refused['code'], facts: Refused['facts']): Refused {
  return { kind: 'refused', code, facts }
}
