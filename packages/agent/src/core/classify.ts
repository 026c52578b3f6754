import { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import type { StockKind } from '@roadstead/shared/protocol/stock.ts'
import type { EventJson } from './engine-json.ts'
import { SIGKILL, SIGTERM, signalNumber } from './signal.ts'

/**
 * What an engine event asks for. Never what it says: an event names a place to look at, and the look
 * tells what is true. `now` can change who serves; `soon` may share a look with what follows.
 */
export type Trigger =
  | {
      readonly kind: 'look'
      readonly id: ContainerId
      readonly urgency: 'now' | 'soon'
      /** The stop signal was sent, or the process has ended: no new request may go there. */
      readonly stopping: boolean
    }
  | { readonly kind: 'look-host' }
  | { readonly kind: 'list' }
  | { readonly kind: 'look-at-stock'; readonly of: StockKind }
  | { readonly kind: 'ignore' }

/** Words of Docker and of Podman for what may change who serves. */
const URGENT: ReadonlySet<string> = new Set([
  'start',
  'die',
  'died',
  'kill',
  'pause',
  'unpause',
  'health_status',
  'destroy',
  'remove',
])
/**
 * `create` is among them because nothing serves yet, and because an engine that goes on to start the
 * container answers no look at it before that is done: a few such looks would hold up all others.
 */
const LAZY: ReadonlySet<string> = new Set([
  'create',
  'rename',
  'update',
  'oom',
  'init',
  'cleanup',
  'stop',
])

/** What changes images and volumes; their other words are among those above. */
const OF_STOCK: ReadonlySet<string> = new Set([
  'build',
  'delete',
  'import',
  'load',
  'loadfromarchive',
  'prune',
  'pull',
  'tag',
  'untag',
])

/** Event names for the engine's own filter: what is not asked for costs neither side anything. */
export const WATCHED_ACTIONS: readonly string[] = [
  ...URGENT,
  ...[...LAZY].filter((action) => action !== 'stop'),
  'connect',
  'disconnect',
  'reload',
  ...OF_STOCK,
]
export const WATCHED_TYPES: readonly string[] = [
  'container',
  'network',
  'daemon',
  'image',
  'volume',
]

/** @param stopSignalOf the stop signal of a container, where one is known. */
export function classify(
  event: EventJson,
  stopSignalOf: (id: ContainerId) => string | undefined,
): Trigger {
  switch (event.Type) {
    case 'container':
      return ofContainer(event, stopSignalOf)
    case 'network':
      return ofNetwork(event)
    case 'image':
      return { kind: 'look-at-stock', of: 'images' }
    case 'volume':
      return { kind: 'look-at-stock', of: 'volumes' }
    case 'daemon':
      return { kind: 'look-host' }
    default:
      return { kind: 'ignore' }
  }
}

/** The action without its detail: `health_status: healthy` becomes `health_status`. */
export function actionName(event: EventJson): string {
  return event.Action.split(':', 1)[0] ?? ''
}

function ofContainer(
  event: EventJson,
  stopSignalOf: (id: ContainerId) => string | undefined,
): Trigger {
  const action = actionName(event)
  const isUrgent = URGENT.has(action)
  if (!isUrgent && !LAZY.has(action)) return { kind: 'ignore' }

  const id = ContainerId.safeParse(event.Actor.ID).data
  if (id === undefined) return { kind: 'list' }
  if (action !== 'kill') {
    const stopping = action === 'die' || action === 'died'
    return { kind: 'look', id, urgency: isUrgent ? 'now' : 'soon', stopping }
  }
  const stopping = isStopSignal(event.Actor.Attributes['signal'], stopSignalOf(id))
  return { kind: 'look', id, urgency: stopping ? 'now' : 'soon', stopping }
}

/** `docker kill -s HUP` reloads something and ends nothing. Podman names no signal. */
function isStopSignal(sent: string | undefined, stopSignal: string | undefined): boolean {
  const number = signalNumber(sent ?? '')
  if (number === undefined) return false
  return number === SIGKILL || number === (signalNumber(stopSignal ?? '') ?? SIGTERM)
}

function ofNetwork(event: EventJson): Trigger {
  const action = actionName(event)
  if (action !== 'connect' && action !== 'disconnect') return { kind: 'look-host' }
  const id = ContainerId.safeParse(event.Actor.Attributes['container']).data
  return id === undefined
    ? { kind: 'list' }
    : { kind: 'look', id, urgency: 'soon', stopping: false }
}
