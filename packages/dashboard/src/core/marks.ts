import { type ReasonCode, reasonTable } from '@roadstead/shared/protocol/reasons.ts'
import type { EdgeView, HostView, RunView, ServiceView } from '@roadstead/shared/protocol/http.ts'
import type { Connection } from './connection.ts'

export type Shape = 'square' | 'half' | 'cross' | 'triangle' | 'ring' | 'dashed' | 'bars' | 'barred'
export type Tone = 'good' | 'wait' | 'bad' | 'idle'

/** A state as it is shown: always a shape and a word, so that nobody needs to see the colour. */
export interface Mark {
  readonly shape: Shape
  readonly word: string
  readonly tone: Tone
}

const PRESENCE: Readonly<Record<HostView['presence'], Mark>> = {
  present: { shape: 'square', word: 'Present', tone: 'good' },
  stale: { shape: 'half', word: 'Stale', tone: 'wait' },
  lost: { shape: 'cross', word: 'Lost', tone: 'bad' },
  forgotten: { shape: 'ring', word: 'Forgotten', tone: 'idle' },
}

/** Somebody means it: neither well nor wrong. */
const DRAINED: Mark = { shape: 'bars', word: 'Drained', tone: 'idle' }

const RUN: Readonly<Record<RunView['state'], Mark>> = {
  running: { shape: 'half', word: 'Running', tone: 'wait' },
  done: { shape: 'square', word: 'Done', tone: 'good' },
  failed: { shape: 'cross', word: 'Failed', tone: 'bad' },
  cancelled: { shape: 'barred', word: 'Cancelled', tone: 'idle' },
}

const PHASE: Readonly<Record<RunView['members'][number]['phase'], Mark>> = {
  waiting: { shape: 'ring', word: 'Waiting', tone: 'idle' },
  draining: { shape: 'bars', word: 'Draining', tone: 'wait' },
  acting: { shape: 'half', word: 'Acted on', tone: 'wait' },
  returning: { shape: 'dashed', word: 'Returning', tone: 'wait' },
  done: { shape: 'square', word: 'Done', tone: 'good' },
  left: { shape: 'square', word: 'Gone', tone: 'good' },
  failed: { shape: 'cross', word: 'Failed', tone: 'bad' },
}

const SERVICE: Readonly<Record<ServiceView['state'], Mark>> = {
  serving: { shape: 'square', word: 'Serving', tone: 'good' },
  degraded: { shape: 'half', word: 'Degraded', tone: 'wait' },
  down: { shape: 'cross', word: 'Down', tone: 'bad' },
}

/**
 * A host that is there may still have an engine that does not answer: that comes first then. That
 * somebody drained it explains why nothing serves there, so it comes before catching up.
 */
export function markOfHost(
  host: Pick<HostView, 'presence' | 'engineState' | 'synced' | 'drained'>,
): Mark {
  if (host.presence === 'present' && host.engineState === 'unreachable') {
    return { shape: 'triangle', word: 'Engine unreachable', tone: 'bad' }
  }
  if (host.presence === 'present' && host.drained !== undefined) return DRAINED
  if (host.presence === 'present' && !host.synced) {
    return { shape: 'dashed', word: 'Catching up', tone: 'wait' }
  }
  return PRESENCE[host.presence]
}

export function markOfService(service: Pick<ServiceView, 'state'>): Mark {
  return SERVICE[service.state]
}

export function markOfRun({ state }: Pick<RunView, 'state'>): Mark {
  return RUN[state]
}

export function markOfPhase(phase: RunView['members'][number]['phase']): Mark {
  return PHASE[phase]
}

export function markOfReason(reason: ReasonCode): Mark {
  if (reason === 'routed') return { shape: 'square', word: 'Routed', tone: 'good' }
  if (reason === 'routed-last') return { shape: 'half', word: 'Routed, host silent', tone: 'wait' }
  if (reason === 'conflict-held') return { shape: 'triangle', word: 'Conflict', tone: 'bad' }
  if (reason === 'drained') return DRAINED
  const { state } = reasonTable[reason]
  const word = capitalised(reason.replaceAll('-', ' '))
  return state === 'waiting'
    ? { shape: 'dashed', word, tone: 'wait' }
    : { shape: 'barred', word, tone: 'bad' }
}

export function markOfEdge(
  edge: Pick<EdgeView, 'reporting' | 'nginx' | 'outcome' | 'inForce' | 'desired'>,
): Mark {
  if (!edge.reporting) return { shape: 'cross', word: 'Silent', tone: 'bad' }
  if (!edge.nginx.running) return { shape: 'cross', word: 'nginx down', tone: 'bad' }
  if (edge.outcome.kind === 'rejected') return { shape: 'barred', word: 'Rejected', tone: 'bad' }
  if (edge.outcome.kind === 'held') return { shape: 'bars', word: 'Held', tone: 'wait' }
  if (edge.outcome.kind === 'refused') return { shape: 'triangle', word: 'Refused', tone: 'wait' }
  if (edge.inForce === undefined) return { shape: 'ring', word: 'No table yet', tone: 'idle' }
  const behind =
    edge.desired !== undefined &&
    (edge.desired.epoch !== edge.inForce.epoch || edge.desired.version !== edge.inForce.version)
  return behind
    ? { shape: 'dashed', word: 'Catching up', tone: 'wait' }
    : { shape: 'square', word: 'In force', tone: 'good' }
}

export function markOfConnection(connection: Connection): Mark {
  switch (connection.kind) {
    case 'live':
      return { shape: 'square', word: 'Live', tone: 'good' }
    case 'connecting':
      return { shape: 'dashed', word: 'Connecting', tone: 'idle' }
    case 'disconnected':
      return { shape: 'cross', word: 'Disconnected', tone: 'bad' }
    case 'signed-out':
      return { shape: 'ring', word: 'Signed out', tone: 'idle' }
  }
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
