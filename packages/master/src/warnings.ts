import type { Link } from '@roadstead/bus/ports.ts'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import type { PublicKey } from '@roadstead/shared/kernel/ids.ts'
import { LOST_AFTER_MS, STALE_AFTER_MS } from '@roadstead/shared/kernel/limits.ts'
import type { EdgeStatus } from '@roadstead/shared/protocol/edge-status.ts'
import type { StatusView } from '@roadstead/shared/protocol/http.ts'
import { edgeCertificateWarnings } from './core/objects/edge-certificates.ts'
import { expiryWarnings } from './core/objects/expiry.ts'
import {
  missingWarnings,
  sealedWarnings,
  troubleWarnings,
  unshownWarnings,
} from './core/objects/object-warnings.ts'
import { isUnreadable } from './core/policy/policy-of.ts'
import { nameOf, presenceOf } from './core/graph/select.ts'
import { stockWarnings } from './core/views/stock-warnings.ts'
import type { MasterState } from './state.ts'

type Warning = StatusView['warnings'][number]

export interface WarningFacts {
  readonly state: MasterState
  readonly clock: Pick<Clock, 'monoMs' | 'wallMs'>
  /** By which this master opens what is sealed for masters. */
  readonly ownKey: PublicKey
  readonly link: Pick<Link, 'connected'>
  /** Somebody leads. */
  readonly leads: boolean
  readonly isSettled: () => boolean
  /** Messages that were not understood, ever. */
  readonly rejected: () => number
  readonly policyFileProblem: () => string | undefined
  readonly history: () => { readonly state: string; readonly why?: string }
}

/** What is degraded now, each with what to do about it; empty when all is well. */
export function warningsOf(facts: WarningFacts): Warning[] {
  const { clock, state } = facts
  const nowMs = clock.monoMs()
  return [
    ...busWarnings(facts),
    ...hostWarnings(state),
    ...policyFileWarnings(facts),
    ...engineWarnings(state, nowMs),
    ...socketWarnings(state, nowMs),
    ...drainWarnings(state),
    ...lostEdgeWarnings(state, nowMs),
    ...edgeWarnings(state),
    ...certificateWarnings(state, clock.wallMs()),
    ...holdWarnings(state),
    ...stockWarnings(state).slice(0, NAMED_MAX),
    ...expiryWarnings(state.graph.decisions, clock.wallMs()).slice(0, NAMED_MAX),
    ...objectWarnings(facts),
    ...historyWarnings(facts.history()),
  ]
}

function historyWarnings({ state, why = '' }: ReturnType<WarningFacts['history']>): Warning[] {
  if (state !== 'memory') return []
  return [
    {
      what: `The change log of this master cannot be written: ${why}.`,
      remedy: 'Free space in its state directory; what is new stays in memory until then.',
    },
  ]
}

function busWarnings({ isSettled, leads, link, rejected }: WarningFacts): Warning[] {
  const warnings: Warning[] = []
  if (!link.connected()) {
    warnings.push({
      what: 'This master has no connection to NATS; what is shown may be old.',
      remedy: 'Check that nats-server runs; routes in force go on serving.',
    })
  } else if (!leads) {
    warnings.push({
      what: 'Nobody leads, so nothing changes at the edges.',
      remedy: 'Wait for the length of a lease; if it stays so, look at the logs of the masters.',
    })
  } else if (!isSettled()) {
    warnings.push({
      what: 'This master has just started and still hears who is there.',
      remedy: 'Wait 15 seconds; until then nothing is removed that has not been heard of.',
    })
  }
  const count = rejected()
  if (count > 0) {
    warnings.push({
      what: `${count} messages were not understood and were left out.`,
      remedy: 'Look at /api/v1/rejects, and compare the versions of agents, edges and masters.',
    })
  }
  return warnings
}

function hostWarnings(state: MasterState): Warning[] {
  const { graph } = state
  const lost = [...graph.hosts.values()].filter(({ id }) => presenceOf(graph, id) === 'lost')
  const warnings = lost.slice(0, NAMED_MAX).map(({ facts }) => ({
    what: `Host ${facts.name} is lost.`,
    remedy: 'Bring the host or its agent back.',
  }))
  warnings.push(...policyWarnings(state))
  const freeze = graph.decisions.get('d.freeze.site')
  if (freeze?.kind === 'freeze' && freeze.confirmedBy === undefined) {
    warnings.push({
      what: `${freeze.hosts.length} hosts fell silent together; none is taken for lost.`,
      remedy: 'Look at the network between them and NATS, or confirm with `roadstead confirm`.',
    })
  }
  return warnings
}

function policyWarnings({ graph, policy }: MasterState): Warning[] {
  if (isUnreadable(graph)) {
    return [
      {
        what: 'The policy has words that this master does not know, so it goes by none.',
        remedy: 'Bring all masters to the version of the one that took it.',
      },
    ]
  }
  if (policy.claims.kind !== 'open' || graph.hosts.size < 2) return []
  return [
    {
      what: 'Any of the hosts may claim any free domain.',
      remedy:
        'Say in a policy who may hold which names: docs/policy.md, `roadstead policy check`. Until' +
        ' then give join tokens only to hosts that you trust with all of them.',
    },
  ]
}

function policyFileWarnings({ policyFileProblem }: WarningFacts): Warning[] {
  const problem = policyFileProblem()
  if (problem === undefined) return []
  return [
    {
      what: `The policy file of this master is not taken: ${problem}`,
      remedy:
        'Try it with `roadstead policy check`, correct it and start the master again, or apply it with' +
        ' `roadstead policy apply`; until then the site goes by the policy that it has.',
    },
  ]
}

/** A list of hundreds helps nobody; the hosts page has them all. */
const NAMED_MAX = 10

/** Also of a host that has never been seen whole, which no list of hosts has yet. */
function engineWarnings({ graph, hearing }: MasterState, nowMs: number): Warning[] {
  return [...hearing]
    .flatMap(([host, { atMs, beat }]) => {
      if (beat.engineProblem === undefined || nowMs - atMs >= STALE_AFTER_MS) return []
      const name = graph.hosts.get(host)?.facts.name ?? host
      return [
        {
          what: `The engine of host ${name} does not answer its agent: ${beat.engineProblem}`,
          remedy:
            'Mend what it names; its last known state is kept, and the edges check what runs there.',
        },
      ]
    })
    .slice(0, NAMED_MAX)
}

/** Of agents that are there: what one said before it fell silent is nothing to act on. */
function socketWarnings({ graph, hearing }: MasterState, nowMs: number): Warning[] {
  return [...hearing]
    .flatMap(([host, { atMs, beat }]) => {
      if (beat.socketProblem === undefined || nowMs - atMs >= STALE_AFTER_MS) return []
      const name = graph.hosts.get(host)?.facts.name ?? host
      return [
        {
          what: `Host ${name} does not serve its drain-aware Docker socket: ${beat.socketProblem}`,
          remedy:
            'Free that path, or name another by ROADSTEAD_DOCKER_SOCKET of its agent, which tries ' +
            'again every ten seconds; until then nothing there is drained before it is stopped.',
        },
      ]
    })
    .slice(0, NAMED_MAX)
}

/** An edge that is silent for less may be starting again, and stops wait for it. */
function lostEdgeWarnings({ edges }: MasterState, nowMs: number): Warning[] {
  return [...edges.values()]
    .filter(({ monoMs }) => nowMs - monoMs >= LOST_AFTER_MS)
    .slice(0, NAMED_MAX)
    .map(({ status: { name } }) => ({
      what:
        `Edge ${name} is lost: it takes no new tables, and no stop or restart waits for it. ` +
        'If its nginx lives, it may still send requests to what is taken out.',
      remedy:
        'Start the edge again; if it is gone for good, make sure that its nginx is, and that ' +
        'nobody sends visitors there.',
    }))
}

/** Of people: a run takes its own back. */
function drainWarnings({ graph }: MasterState): Warning[] {
  return [...graph.drains.values()]
    .flatMap((drain) => {
      if (drain.run !== undefined) return []
      const { by, container, host, since } = drain
      const node = graph.hosts.get(host)
      const placed = container && node?.containers.get(container)
      if (node === undefined || (container !== undefined && placed === undefined)) return []
      const { name } = node.facts
      const path = placed === undefined ? name : `${name}/${nameOf(placed)}`
      const what = placed === undefined ? `Host ${path}` : `Container ${path}`
      const remedy = `Take it back with \`roadstead undrain ${path}\` when it may serve again.`
      return [{ what: `${what} is drained since ${since}, by ${by}.`, remedy }]
    })
    .slice(0, NAMED_MAX)
}

function edgeWarnings({ edges }: MasterState): Warning[] {
  return [...edges.values()].flatMap(({ status }) => edgeWarning(status)).slice(0, NAMED_MAX)
}

function certificateWarnings({ edges }: MasterState, nowWallMs: number): Warning[] {
  return [...edges.values()]
    .flatMap(({ status }) => edgeCertificateWarnings(status, nowWallMs))
    .slice(0, NAMED_MAX)
}

/** `roadstead.hold` is asked for, and edges reload: their visitors get 503 at once. */
function holdWarnings({ derived, edges }: MasterState): Warning[] {
  const reloading = [...edges.values()].filter(({ status }) => status.tier === 'reload')
  if (reloading.length === 0) return []
  const holding = [...derived.table.services.values()].find(({ pools }) =>
    pools.some(({ holdMs }) => holdMs > 0),
  )
  if (holding === undefined) return []
  const names = reloading.map(({ status }) => status.name).slice(0, NAMED_MAX)
  const where = `edge ${names.join(', ')}`
  return [
    {
      what: `Service ${holding.key} asks for roadstead.hold, which has no effect at ${where}.`,
      remedy: 'Give that edge the live tier; `roadstead doctor` says what it lacks.',
    },
  ]
}

function objectWarnings({ ownKey, state }: WarningFacts): Warning[] {
  const { derived, edges, graph } = state
  const { routes } = derived.table
  return [
    ...missingWarnings(graph.decisions, routes.values()).slice(0, NAMED_MAX),
    ...sealedWarnings(graph.decisions, ownKey).slice(0, NAMED_MAX),
    ...troubleWarnings(graph.decisions, edges).slice(0, NAMED_MAX),
    ...unshownWarnings(graph.decisions, edges).slice(0, NAMED_MAX),
  ]
}

function edgeWarning(status: EdgeStatus): Warning[] {
  const { name, nginx, outcome, quarantined, editedFiles = [], shutFolder } = status
  const warnings: Warning[] = []
  if (editedFiles.length > 0) {
    warnings.push({
      what: `Files of nginx at edge ${name} were changed by somebody else: ${editedFiles.join(', ')}.`,
      remedy: 'Undo it; the next change of a route replaces what it finds.',
    })
  }
  if (shutFolder !== undefined) {
    warnings.push({
      what: `Routes with users are shut at edge ${name}: its nginx cannot pass through ${shutFolder}.`,
      remedy: `Let others pass there, \`chmod o+x ${shutFolder}\`, and start the edge again.`,
    })
  }
  if (!nginx.running) {
    warnings.push({
      what: `nginx of edge ${name} is down.`,
      remedy: 'Look at the log of the edge.',
    })
  }
  if (outcome.kind === 'rejected' || outcome.kind === 'refused') {
    warnings.push({
      what: `Edge ${name} ${outcome.kind} the last table: ${outcome.reason}.`,
      remedy: 'It serves what it had before; look at `roadstead edges` and at its log.',
    })
  }
  if (outcome.kind === 'held') {
    warnings.push({
      what: `Edge ${name} holds a table back: it would remove ${outcome.routesLost} routes.`,
      remedy: 'Check that the hosts are there, or confirm with `roadstead confirm`.',
    })
  }
  if (quarantined.length > 0) {
    warnings.push({
      what: `Edge ${name} left out ${quarantined.length} routes that nginx did not take.`,
      remedy: 'Look at `roadstead routes` for the reason and correct the label.',
    })
  }
  return warnings
}
