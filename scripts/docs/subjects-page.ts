import { subjectTable } from '../../packages/bus/src/subjects.ts'
import { streamPlans } from '../../packages/bus/src/topology.ts'
import { code, page, table, type Page } from './page.ts'

const SOURCE =
  '[subjects.ts](../packages/bus/src/subjects.ts) and [topology.ts](../packages/bus/src/topology.ts)'

export function subjectsPage(): Page {
  const subjects = subjectTable.map((it) => [
    code(it.subject),
    it.delivery,
    it.publishers,
    it.subscribers,
    it.content,
    bytes(it.bytesMax),
  ])
  const streams = streamPlans.map((it) => [
    code(it.name),
    it.subjects.map(code).join(', '),
    span(it.maxAgeMs),
    bytes(it.maxBytes),
    it.perSubjectMax === -1 ? 'all' : String(it.perSubjectMax),
    bytes(it.messageBytesMax),
    it.discard,
    it.why,
  ])
  return page('docs/subjects.md', 'Subjects and streams', SOURCE, [
    '## Subjects',
    table(['Subject', 'Delivery', 'Published by', 'Read by', 'Content', 'At most'], subjects),
    '## Streams',
    table(
      ['Stream', 'Subjects', 'Age', 'Size', 'Kept each', 'Message', 'When full', 'Why'],
      streams,
    ),
  ])
}

function bytes(count: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB']
  const power = Math.min(Math.floor(Math.log2(count) / 10), units.length - 1)
  return `${Number((count / 1024 ** power).toFixed(1))} ${units[power] ?? 'B'}`
}

function span(ms: number): string {
  if (ms === 0) return 'for ever'
  const hours = ms / 3_600_000
  return hours > 24 ? `${hours / 24} d` : `${hours} h`
}
