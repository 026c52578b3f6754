import type { HostView } from '@roadstead/shared/protocol/http.ts'
import { plain, type Tone, toned } from '../cell.ts'
import { span } from '../span.ts'
import type { Column } from '../table.ts'

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
    priority: 4,
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
  { title: 'ENDPOINTS', priority: 5, cell: (host) => plain(String(host.endpoints)) },
  {
    title: 'HEARD',
    priority: 6,
    cell: ({ lastHeardMsAgo }) => plain(lastHeardMsAgo === undefined ? '-' : span(lastHeardMsAgo)),
  },
  {
    title: 'SYNCED',
    priority: 7,
    cell: ({ synced }) => (synced ? plain('yes') : toned('no', 'warn')),
  },
  {
    title: 'SPOOLED',
    priority: 9,
    cell: ({ spooled }) => toned(String(spooled), spooled > 0 ? 'warn' : 'plain'),
  },
  {
    title: 'SKEW',
    priority: 8,
    cell: ({ clockSkewMs }) => {
      if (clockSkewMs === undefined) return plain('-')
      const text = `${clockSkewMs < 0 ? '-' : '+'}${span(Math.abs(clockSkewMs))}`
      return toned(text, Math.abs(clockSkewMs) > SKEW_WARN_MS ? 'warn' : 'plain')
    },
  },
  { title: 'ADDRESS', priority: 10, cutTo: 15, cell: (h) => plain(h.facts.addresses[0] ?? '-') },
  { title: 'ID', priority: 11, cutTo: 8, cell: (host) => plain(host.id) },
  { title: 'OS', priority: 12, wide: true, cell: (host) => plain(host.facts.os) },
  { title: 'KERNEL', priority: 13, wide: true, cell: (host) => plain(host.facts.kernel) },
  { title: 'AGENT', priority: 14, wide: true, cell: (host) => plain(host.facts.agentVersion) },
]
