import { useSignal } from '@preact/signals'
import type { EventPage, EventView } from '@roadstead/shared/protocol/http-events.ts'
import { timeOfDay } from '../core/connection.ts'
import { nextPart, type Past, PAST_MAX, UNREAD, withPage } from '../core/past.ts'
import { select, textOf } from '../core/select.ts'
import { Section } from './section.tsx'

export type ReadPast = (query: Readonly<Record<string, string>>) => Promise<EventPage | undefined>

interface EventsProps {
  readonly events: readonly EventView[]
  readonly filter: string
  readonly readPast: ReadPast
}

/** As they come, and below them, on demand, what the change log has from before. */
export function Events({ events, filter, readPast }: EventsProps) {
  const past = useSignal<Past>(UNREAD)
  // What had come live when somebody asked for the past stays above it.
  const kept = useSignal<readonly EventView[]>([])
  const live = newestOf(kept.value, events)
  const rows = [...past.value.events, ...live].toReversed()
  const selection = select(rows, filter, textOf.events, PAST_MAX)
  const readMore = async (): Promise<void> => {
    const query = nextPart(past.value, live[0])
    kept.value = live
    past.value = { ...past.value, state: 'reading' }
    past.value = withPage(past.value, await readPast(query))
  }
  return (
    <Section
      id="events"
      title="Events"
      selection={selection}
      command="roadstead events"
      empty={<p>Nothing has happened since this master started.</p>}
    >
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- so that keys scroll it */}
      <ol class="events" tabIndex={0} aria-label="Events, newest first">
        {selection.rows.map((event, at) => (
          <Line key={event.revision > 0 ? event.revision : `past ${rows.length - at}`} of={event} />
        ))}
        <li class="earlier">
          <Earlier past={past.value} readMore={readMore} />
        </li>
      </ol>
    </Section>
  )
}

/** The feed forgets its oldest; a list that somebody reads must not lose its middle. */
function newestOf(kept: readonly EventView[], events: readonly EventView[]) {
  const last = kept.at(-1)
  if (last === undefined) return events
  const isSameLife = events.length === 0 || (events.at(-1)?.revision ?? 0) >= last.revision
  return isSameLife ? [...kept, ...events.filter((it) => it.revision > last.revision)] : events
}

function Line({ of: event }: { readonly of: EventView }) {
  const isOld = event.revision === 0
  return (
    <li title={event.cause}>
      <time dateTime={event.at}>
        {isOld && `${event.at.slice(5, 10)} `}
        {timeOfDay(Date.parse(event.at))}
      </time>
      <span class="what">{event.what}</span>
      <span class="subject">
        {event.hostName !== '' && <span class="host">{event.hostName}/</span>}
        {event.subject}
        {isOld && <span class="host"> {detailText(event.details)}</span>}
      </span>
    </li>
  )
}

function detailText(details: Readonly<Record<string, string>>): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}

interface EarlierProps {
  readonly past: Past
  readonly readMore: () => Promise<void>
}

function Earlier({ past: { state }, readMore }: EarlierProps) {
  if (state === 'end') return <span class="quiet">This is as far back as it goes here.</span>
  const text = { unread: 'Earlier', more: 'Earlier', reading: 'Reading…', failed: 'Try again' }
  return (
    <>
      {state === 'failed' && <span class="quiet">The change log did not answer. </span>}
      <button type="button" disabled={state === 'reading'} onClick={() => void readMore()}>
        {text[state]}
      </button>
    </>
  )
}
