import type { HostView } from '@roadstead/shared/protocol/http.ts'
import { plain, type Tone, toned } from '../cell.ts'
import { span } from '../span.ts'
import type { Column } from '../table.ts'
import { drainedCell } from './drained.ts'

const PRESENCE: Record<HostView['presence'], Tone> = {
  present: 'good',
  stale: 'warn',
  lost: 'bad',
  forgotten: 'dim',
}

/** A skew of a second already confuses people who compare logs; judging never depends on it. */
const SKEW_WARN_MS = 1_000

export const hostColumns: readonly Column<HostView>[] = [
  { title: 'HOST', priority: 1, cutTo: 12, cell: (host) => plain(host.name) },
  {
    title: 'PRESENCE',
    priority: 2,
    cell: ({ presence }) => toned(presence, PRESENCE[presence]),
  },
  {
    title: 'ENGINE',
    priority: 5,
    cell: ({ engineState, facts }) =>
      engineState === 'answering'
        ? plain(facts.engine.version)
        : toned(engineState, engineState === 'unreachable' ? 'bad' : 'warn'),
  },
  {
    title: 'RUNNING',
    priority: 3,
    cell: (host) => plain(`${host.running}/${host.containers}`),
  },
  { title: 'DRAINED BY', priority: 4, cutTo: 10, sparse: true, cell: drainedCell },
  { title: 'ENDPOINTS', priority: 6, cell: (host) => plain(String(host.endpoints)) },
  {
    title: 'HEARD',
    priority: 7,
    cell: ({ lastHeardMsAgo }) => plain(lastHeardMsAgo === undefined ? '-' : span(lastHeardMsAgo)),
  },
  {
    title: 'SYNCED',
    priority: 8,
    cell: ({ synced }) => (synced ? plain('yes') : toned('no', 'warn')),
  },
  {
    title: 'SPOOLED',
    priority: 10,
    cell: ({ spooled }) => toned(String(spooled), spooled > 0 ? 'warn' : 'plain'),
  },
  {
    title: 'SKEW',
    priority: 9,
    cell: ({ clockSkewMs }) => {
      if (clockSkewMs === undefined) return plain('-')
      const text = `${clockSkewMs < 0 ? '-' : '+'}${span(Math.abs(clockSkewMs))}`
      return toned(text, Math.abs(clockSkewMs) > SKEW_WARN_MS ? 'warn' : 'plain')
    },
  },
  { title: 'ADDRESS', priority: 11, cutTo: 15, cell: (h) => plain(h.facts.addresses[0] ?? '-') },
  { title: 'ID', priority: 12, cutTo: 8, cell: (host) => plain(host.id) },
  { title: 'OS', priority: 13, wide: true, cell: (host) => plain(host.facts.os) },
  { title: 'KERNEL', priority: 14, wide: true, cell: (host) => plain(host.facts.kernel) },
  { title: 'AGENT', priority: 15, wide: true, cell: (host) => plain(host.facts.agentVersion) },
]
