import type { EventView } from '@roadstead/shared/protocol/http.ts'
import { timeOfDay } from '../core/connection.ts'
import { select, textOf } from '../core/select.ts'
import { Section } from './section.tsx'

interface EventsProps {
  readonly events: readonly EventView[]
  readonly filter: string
}

export function Events({ events, filter }: EventsProps) {
  const selection = select(events.toReversed(), filter, textOf.events)
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
        {selection.rows.map((event) => (
          <li key={event.revision}>
            <time dateTime={event.at}>{timeOfDay(Date.parse(event.at))}</time>
            <span class="what">{event.what}</span>
            <span class="subject">
              {event.hostName !== '' && <span class="host">{event.hostName}/</span>}
              {event.subject}
            </span>
          </li>
        ))}
      </ol>
    </Section>
  )
}
