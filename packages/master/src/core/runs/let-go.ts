import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import type { ContainerRef, LetGoReply, LetGoRequest, Run } from '@roadstead/shared/protocol/run.ts'
import { drainOf, findContainer } from '../graph/select.ts'
import type { Asked } from './holds.ts'
import { allRuns, BY_MAX, pathOf, type RefKey, refKey, runAt } from './refs.ts'
import { ASK_MS_MAX } from './step-let-go.ts'
import { isEndpoint, type SightScene } from './sight.ts'

/** The let-gos that are under way. */
export class LetGoRuns {
  readonly #byRef = new Set<RefKey>()
  readonly #byHost = new Map<HostId, number>()

  constructor(runs: readonly Run[]) {
    for (const run of runs) if (run.verb === 'let-go') this.add(run)
  }

  add(run: Run): void {
    const [member] = run.members
    if (member === undefined) return
    this.#byHost.set(member.host, this.countOn(member.host) + 1)
    if (mayJoin(run)) this.#byRef.add(refKey(member))
  }

  countOn(host: HostId): number {
    return this.#byHost.get(host) ?? 0
  }

  mayJoin(ref: ContainerRef): boolean {
    return this.#byRef.has(refKey(ref))
  }
}

/** Once it is on its way back into routing, whoever wants to touch it is a new case. */
function mayJoin({ members, state, verb }: Run): boolean {
  const phase = members[0]?.phase
  const isOut = phase === 'waiting' || phase === 'draining' || phase === 'acting'
  return verb === 'let-go' && state === 'running' && isOut
}

/**
 * The run for a container that somebody wants to touch; undefined when there is one, or none is
 * needed. What no edge sends requests to can be touched at once.
 */
export function newLetGo(
  { asking, request }: Asked,
  scene: SightScene & { readonly at: string; readonly nowMs: number },
  active: LetGoRuns,
): Run | undefined {
  const { action, container, hold, host } = request
  // An agent that still wants it has just asked again.
  if (asking.overMs !== undefined || scene.nowMs - asking.lastAskMs >= ASK_MS_MAX) return undefined
  if (active.mayJoin(request) || !isConcerned(request, scene)) return undefined
  const known = runAt(scene.graph, hold)
  if (known !== undefined && (known.state !== 'cancelled' || !isAbout(known, request)))
    return undefined
  if (active.countOn(host) >= LET_GO_PER_HOST_MAX) return undefined
  const placed = findContainer(scene.graph, host, container)
  if (placed === undefined) return undefined
  const { startedAt } = placed.container
  const path = pathOf(placed)
  const started = startedAt !== undefined && { startedAt }
  return {
    id: hold,
    verb: 'let-go',
    target: path,
    by: `agent of ${placed.host.facts.name}`.slice(0, BY_MAX),
    why: `${action} through the socket of its host`,
    since: scene.at,
    atOnce: 1,
    state: 'running',
    members: [{ host, container, path, phase: 'waiting', ...started }],
    log: [],
  }
}

/** As many as an agent holds at once; of more, some are over and about to be known as such. */
const LET_GO_PER_HOST_MAX = 256

/** Agents choose the names of their holds; whoever takes the name of another run has no part in it. */
function isAbout({ members, verb }: Run, { container, host }: LetGoRequest): boolean {
  const [member] = members
  return verb === 'let-go' && member?.host === host && member.container === container
}

/** Edges send it requests, or did a moment ago. */
function isConcerned(request: LetGoRequest, scene: SightScene): boolean {
  const isDrained = drainOf(scene.graph, request.host, request.container) !== undefined
  return isDrained || isEndpoint(request, scene)
}

/** What the agent hears now. `wait` may change with the next look; `go` never does. */
export function answerLetGo(
  request: LetGoRequest,
  scene: SightScene & { readonly isKnown: (host: HostId) => boolean },
): LetGoReply {
  if (request.phase === 'over') return { kind: 'go', why: 'noted' }
  if (!scene.isKnown(request.host)) return wait('This master has just begun to lead.')
  const own = runAt(scene.graph, request.hold)
  if (own !== undefined && !isAbout(own, request)) return wait('Another run has this name.')
  const run = own?.state === 'running' ? own : (runJoined(request, scene) ?? own)
  const [member] = run?.members ?? []
  if (run === undefined || member === undefined || run.state === 'cancelled') {
    return isConcerned(request, scene)
      ? wait('It is about to be taken out of routing.')
      : { kind: 'go', why: 'not-routed' }
  }
  switch (member.phase) {
    case 'waiting':
      return wait(run.log.at(-1)?.text ?? 'Another run has it in its hands.')
    case 'draining':
      return wait(run.log.at(-1)?.text ?? 'Not every edge is quiet yet.')
    case 'acting':
    case 'returning':
    case 'done':
    case 'left':
    case 'failed':
      return { kind: 'go', why: 'quiet' }
    default:
      return unreachable(member.phase)
  }
}

/** Somebody else's, about the same container. */
function runJoined(request: LetGoRequest, { graph }: SightScene): Run | undefined {
  return allRuns(graph).find((run) => mayJoin(run) && isAbout(run, request))
}

const WHY_MAX = 256

function wait(why: string): LetGoReply {
  return { kind: 'wait', why: why.slice(0, WHY_MAX) }
}
