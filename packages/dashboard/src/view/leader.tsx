import type { StatusView } from '@roadstead/shared/protocol/http.ts'
import { timeOfDay } from '../core/connection.ts'

/** Who leads, who is answering this page, and how the bus is: one strip. */
export function Leader({ status }: { readonly status: StatusView }) {
  const { leader } = status
  return (
    <dl class="strip">
      <div>
        <dt>Leader</dt>
        {leader === undefined ? (
          <dd>
            none <small>an election runs; routes in force stay</small>
          </dd>
        ) : (
          <dd data-leader={leader.instance}>
            {leader.host} <small>epoch {leader.epoch}</small>
          </dd>
        )}
      </div>
      <div>
        <dt>Leads since</dt>
        <dd>{leader === undefined ? '–' : timeOfDay(Date.parse(leader.since))}</dd>
      </div>
      <div>
        <dt>This page reads from</dt>
        <dd>
          {status.master} <small>{status.role}</small>
        </dd>
      </div>
      <div>
        <dt>NATS</dt>
        <dd>
          {status.nats.connected ? 'connected' : 'away'}{' '}
          <small>
            {status.nats.version} ·{' '}
            {status.nats.servers === 1 ? '1 server' : `${status.nats.servers} servers`}
          </small>
        </dd>
      </div>
    </dl>
  )
}
