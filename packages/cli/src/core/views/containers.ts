import type { ContainerView } from '@roadstead/shared/protocol/http.ts'
import { reasonTable } from '@roadstead/shared/protocol/reasons.ts'
import type { Verdict } from '@roadstead/shared/protocol/verdict.ts'
import { type Cell, plain, type Tone, toned } from '../cell.ts'
import type { Column } from '../table.ts'
import { drainedCell } from './drained.ts'
import { reasonTone } from './outcome.ts'

/** Length at which an id is still unique on any host that a person looks at. */
const SHORT_ID = 12

export const containerColumns: readonly Column<ContainerView>[] = [
  { title: 'CONTAINER', priority: 1, cutTo: 18, cell: (container) => plain(container.path) },
  { title: 'STATE', priority: 3, cell: stateCell },
  { title: 'ROUTED', priority: 2, cutTo: 12, cell: ({ verdicts }) => routedCell(verdicts) },
  { title: 'DOMAIN', priority: 4, cutTo: 16, cell: ({ verdicts }) => plain(domains(verdicts)) },
  { title: 'DRAINED BY', priority: 5, cutTo: 10, sparse: true, cell: drainedCell },
  { title: 'IMAGE', priority: 7, cutTo: 12, cell: ({ image }) => plain(image.reference) },
  { title: 'PORTS', priority: 8, cutTo: 8, cell: (container) => plain(ports(container)) },
  { title: 'ID', priority: 6, cell: ({ id }) => plain(id.slice(0, SHORT_ID)) },
  {
    title: 'NETWORKS',
    priority: 9,
    cutTo: 10,
    cell: ({ attachments }) => plain(attachments.map(({ network }) => network).join(',') || '-'),
  },
  { title: 'WORKLOAD', priority: 10, wide: true, cell: ({ workload }) => plain(workload) },
  {
    title: 'READ AS',
    priority: 10,
    wide: true,
    sparse: true,
    cell: ({ dialect = 'roadstead', lostDialects = [] }) => plain(readAs(dialect, lostDialects)),
  },
  {
    title: 'RESTARTS',
    priority: 11,
    wide: true,
    cell: ({ restartCount }) => plain(String(restartCount)),
  },
  {
    title: 'ADDRESS',
    priority: 12,
    wide: true,
    cell: ({ attachments }) =>
      plain(attachments.flatMap(({ address }) => address ?? []).join(',') || '-'),
  },
]

/** Our own language alone goes without saying. */
function readAs(dialect: string, lost: readonly string[]): string {
  if (dialect === 'roadstead' && lost.length === 0) return '-'
  return [dialect, ...lost.map((each) => `not ${each}`)].join(', ')
}

function stateCell(container: ContainerView): Cell {
  if (container.stopping) return toned('stopping', 'warn')
  if (container.state !== 'running') {
    const exit = container.state === 'exited' ? ` (${container.exitCode})` : ''
    return toned(`${container.state}${exit}`, 'dim')
  }
  const tones: Record<ContainerView['health'], Tone> = {
    none: 'plain',
    starting: 'warn',
    healthy: 'good',
    unhealthy: 'bad',
  }
  return container.health === 'none'
    ? plain('running')
    : toned(container.health, tones[container.health])
}

/** The outcome of all its routes: `routed` only if each is; else the reason of the first that is not. */
function routedCell(verdicts: readonly Verdict[]): Cell {
  if (verdicts.length === 0) return toned('-', 'dim')
  const worst =
    verdicts.find(({ reason }) => reasonTable[reason].state === 'refused') ??
    verdicts.find(({ reason }) => reasonTable[reason].state === 'waiting') ??
    verdicts[0]
  return worst === undefined ? plain('-') : toned(worst.reason, reasonTone(worst.reason))
}

function domains(verdicts: readonly Verdict[]): string {
  const names = new Set(verdicts.flatMap(({ domain }) => domain ?? []))
  return [...names].join(',') || '-'
}

function ports({ ports: all }: ContainerView): string {
  const texts = all
    .filter(({ protocol }) => protocol === 'tcp')
    .map(({ port, published }) =>
      published[0] === undefined ? String(port) : `${published[0].port}:${port}`,
    )
  return texts.join(',') || '-'
}
