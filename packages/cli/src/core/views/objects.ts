import type { ObjectView } from '@roadstead/shared/protocol/http-objects.ts'
import { type Cell, plain, toned } from '../cell.ts'
import { since, span } from '../span.ts'
import type { Column } from '../table.ts'

export function usersColumns(nowMs: number): readonly Column<ObjectView>[] {
  return [
    { title: 'NAME', priority: 1, cell: ({ name }) => plain(name) },
    { title: 'USERS', priority: 2, cutTo: 12, cell: ({ facts }) => plain(facts.names.join(' ')) },
    { title: 'EDGES', priority: 3, cutTo: 12, cell: edgesCell },
    ...changeColumns(nowMs),
  ]
}

export function certificateColumns(nowMs: number): readonly Column<ObjectView>[] {
  return [
    { title: 'NAME', priority: 1, cell: ({ name }) => plain(name) },
    { title: 'EXPIRES IN', priority: 2, cell: ({ facts }) => expiryCell(facts, nowMs) },
    { title: 'DOMAINS', priority: 3, cutTo: 16, cell: ({ facts }) => plain(facts.names.join(' ')) },
    { title: 'EDGES', priority: 4, cutTo: 12, cell: edgesCell },
    {
      title: 'ISSUER',
      priority: 5,
      cutTo: 10,
      cell: ({ facts }) => plain(facts.object === 'certificate' ? facts.issuer : '-'),
    },
    ...changeColumns(nowMs),
    {
      title: 'FINGERPRINT',
      priority: 10,
      wide: true,
      cell: ({ facts }) => plain(facts.object === 'certificate' ? facts.fingerprint : '-'),
    },
  ]
}

function changeColumns(nowMs: number): readonly Column<ObjectView>[] {
  return [
    { title: 'SET', priority: 6, cell: (object) => plain(since(object.since, nowMs)) },
    { title: 'BY', priority: 7, cell: ({ by }) => plain(by) },
    { title: 'VERSION', priority: 9, wide: true, cell: ({ version }) => plain(version) },
  ]
}

const DAY_MS = 86_400_000
const SOON_MS = 30 * DAY_MS
const URGENT_MS = 7 * DAY_MS

function expiryCell(facts: ObjectView['facts'], nowMs: number): Cell {
  if (facts.object !== 'certificate') return plain('-')
  const leftMs = Date.parse(facts.notAfter) - nowMs
  if (leftMs <= 0) return toned('expired', 'bad')
  return toned(span(leftMs), leftMs <= URGENT_MS ? 'bad' : leftMs <= SOON_MS ? 'warn' : 'plain')
}

/** How many have it as it is kept now; those that have not, by name and why. */
export function edgesCell({ edges }: ObjectView): Cell {
  const others = edges.filter(({ state }) => state !== 'current')
  const count = `${edges.length - others.length} of ${edges.length}`
  if (others.length === 0) return plain(count)
  const told = others.map(({ edge, state, trouble }) => `${edge} ${trouble ?? state}`)
  return toned(`${count}: ${told.join(', ')}`, 'warn')
}
