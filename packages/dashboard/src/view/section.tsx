import type { ComponentChildren } from 'preact'
import type { Selection } from '../core/select.ts'

interface SectionProps {
  readonly id: string
  readonly title: string
  /** Absent: nobody knows yet what there is. */
  readonly selection: Selection<unknown> | undefined
  /** Where the rest is when the page does not show all. */
  readonly command: string
  readonly empty: ComponentChildren
  readonly children: ComponentChildren
}

/** One collection of the page: a heading with its count, its rows, or why there are none. */
export function Section({ id, title, selection, command, empty, children }: SectionProps) {
  const { rows, matching, total } = selection ?? NOTHING
  return (
    <section id={id} class="panel" aria-labelledby={`${id}-title`} tabIndex={-1}>
      <header>
        <h2 id={`${id}-title`}>{title}</h2>
        {selection !== undefined && (
          <span class="count">{matching === total ? total : `${matching} of ${total}`}</span>
        )}
      </header>
      {rows.length > 0 ? children : <div class="empty">{total > 0 ? <NoMatch /> : empty}</div>}
      {matching > rows.length && (
        <p class="more">
          {matching - rows.length} more are not shown. Narrow the filter, or use{' '}
          <code>{command}</code>.
        </p>
      )}
    </section>
  )
}

const NOTHING: Selection<unknown> = { rows: [], matching: 0, total: 0 }

function NoMatch() {
  return <p>Nothing here matches the filter.</p>
}
