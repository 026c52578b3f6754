import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { unreachable } from '@roadstead/shared/kernel/invariant.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { HostFacts, Network } from '@roadstead/shared/protocol/host.ts'
import type { News } from '@roadstead/shared/protocol/news.ts'
import type { Cause, Observation, Snapshot } from '@roadstead/shared/protocol/observation.ts'
import { hostStream, type Note, type Place, type Thing, timeOf } from './note.ts'
import { containerPicture, hostPicture, networkPicture, type Picture } from './picture.ts'

/** What an agent said, as notes for the change log. */
export function notesOfObservation(observation: Observation, digest: Digest): Note[] {
  const { stamp } = observation
  const place = placeOf(stamp)
  switch (observation.kind) {
    case 'container-seen': {
      const { cause, container } = observation
      return [seen(place, cause, container, digest)]
    }
    case 'container-gone': {
      const { cause, containerId: key, name } = observation
      const thing = { kind: 'container', key, host: stamp.host, name } as const
      return [{ kind: 'state', place, ...told(cause), thing, body: null, among: false }]
    }
    case 'host-seen': {
      const { cause, facts, networks } = observation
      // More than others tell of the host itself at the same place: it is why it was said.
      const notes = groupNotes(place, cause, facts, networks)
      return notes.map((note) => (isOfHost(note) ? { ...note, among: false } : note))
    }
    case 'news':
      return [newsNote(place, observation.news)]
    default:
      return unreachable(observation)
  }
}

/** First who is there, so that whatever comes late still finds what was said about it; then each of them. */
export function* notesOfSnapshot(snapshot: Told, digest: Digest): Generator<Note> {
  const { cause, containers, facts, networks, stamp } = snapshot
  const place = placeOf(stamp)
  const snapshotCause = { ...cause, action: `snapshot, ${cause.action}` }
  const keys = containers.map(({ id }) => id)
  yield { kind: 'whole', place, ...told(snapshotCause), of: 'container', keys }
  yield* groupNotes(place, snapshotCause, facts, networks)
  for (const container of containers) {
    yield { ...seen(place, snapshotCause, container, digest), among: true }
  }
}

type Told = Omit<Snapshot, 'kind' | 'stateHash'>

/** In the words of whoever looked: an engine's event, or a reason of the agent's own. */
export function causeText({ action, timeNano }: Cause): string {
  return timeNano === undefined ? `agent: ${action}` : `engine: ${action}`
}

function seen(
  place: Place,
  cause: Cause,
  container: Container,
  digest: Digest,
): Extract<Note, { kind: 'state' }> {
  const { id: key, name } = container
  const thing = thingOf(place, 'container', key, name)
  const body = JSON.stringify(containerPicture(container, digest))
  return { kind: 'state', place, ...told(cause), thing, body, among: false }
}

function groupNotes(
  place: Place,
  cause: Cause,
  facts: HostFacts,
  networks: readonly Network[],
): Note[] {
  const state = (kind: 'host' | 'network', key: string, picture: Picture): Note => ({
    kind: 'state',
    place,
    ...told(cause),
    thing: thingOf(place, kind, key, picture['name'] ?? ''),
    body: JSON.stringify(picture),
    among: true,
  })
  const whole = (of: 'host' | 'network', keys: readonly string[]): Note => {
    return { kind: 'whole', place, ...told(cause), of, keys }
  }
  return [
    whole('host', ['']),
    whole(
      'network',
      networks.map(({ id }) => id),
    ),
    state('host', '', hostPicture(facts)),
    ...networks.map((network) => state('network', network.id, networkPicture(network))),
  ]
}

function isOfHost(note: Note): note is Extract<Note, { kind: 'state' }> {
  return note.kind === 'state' && note.thing.kind === 'host'
}

function newsNote(place: Place, news: News): Note {
  const { action, attributes, id, name, timeNano, type } = news
  const kind = type === 'agent' ? 'agent' : 'engine'
  const thing = thingOf(place, kind, type === 'container' ? id : `${type} ${id || name}`, name)
  const body = JSON.stringify({ what: `${type} ${action}`, details: attributes })
  return { kind: 'line', place, atMs: timeOf(Number(timeNano) / 1e6), cause: '', thing, body }
}

function thingOf(place: Place, kind: Thing['kind'], key: string, name: string): Thing {
  return { kind, key, host: place.stream.slice(hostStream('').length), name }
}

function placeOf({ boot, host, seq }: Observation['stamp']): Place {
  return { stream: hostStream(host), incarnation: boot, seq }
}

function told(cause: Cause): { readonly atMs: number; readonly cause: string } {
  return { atMs: timeOf(cause.seenAtMs), cause: causeText(cause) }
}
