import type { RunView } from '@roadstead/shared/protocol/http.ts'
import { plain, toned } from '../cell.ts'
import { since } from '../span.ts'
import type { Column } from '../table.ts'
import { progressOf, stateTone, tookOf } from './run.ts'

export function runColumns(nowMs: number): readonly Column<RunView>[] {
  return [
    { title: 'RUN', priority: 1, cell: ({ id }) => plain(id) },
    { title: 'VERB', priority: 3, cell: ({ verb }) => plain(verb) },
    { title: 'TARGET', priority: 2, cutTo: 12, cell: ({ target }) => plain(target) },
    { title: 'STATE', priority: 4, cell: ({ state }) => toned(state, stateTone(state)) },
    { title: 'DONE', priority: 5, cell: (run) => plain(progressOf(run)) },
    { title: 'AGO', priority: 6, cell: (run) => plain(since(run.since, nowMs)) },
    { title: 'TOOK', priority: 7, cell: (run) => plain(tookOf(run, nowMs)) },
    { title: 'BY', priority: 8, cutTo: 8, cell: ({ by }) => plain(by || '-') },
    { title: 'WHY', priority: 9, cutTo: 10, cell: ({ why }) => plain(why || '-') },
    { title: 'AT ONCE', priority: 10, wide: true, cell: ({ atOnce }) => plain(String(atOnce)) },
    { title: 'SINCE', priority: 11, wide: true, cell: (run) => plain(run.since) },
  ]
}
