import { type Cell, cut, pad, paint, printable, widthOf } from './cell.ts'

export interface Column<Row> {
  readonly title: string
  /** 1 is dropped last. Columns of one table have different priorities. */
  readonly priority: number
  /** The column may be cut down to this; absent: it is never cut, only dropped. */
  readonly cutTo?: number
  /** Only in the wide table. */
  readonly wide?: boolean
  /** Left out where no row has anything to say in it. */
  readonly sparse?: boolean
  readonly cell: (row: Row) => Cell
}

export interface Page {
  /** Columns of the terminal. A line is never longer, so nothing ever wraps. */
  readonly width: number
  readonly colour: boolean
  readonly wide: boolean
}

const GAP = 2

/** What a cell says that has nothing to say. */
const NOTHING = '-'

/** Sentences of a wide page are not folded at all. */
export const WIDE = Number.POSITIVE_INFINITY

/**
 * Rows as aligned text. When they do not fit, cells are cut where the column allows it, and then
 * whole columns go, the least important first: a short line that is whole beats a long one that
 * wraps. The wide table keeps every column and is as long as it needs to be.
 */
export function renderTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  page: Page,
): string {
  const chosen = columns.filter(
    (column) =>
      (page.wide || column.wide !== true) &&
      (column.sparse !== true || rows.some((row) => column.cell(row).text !== NOTHING)),
  )
  const cells = rows.map((row) => chosen.map((column) => safe(column.cell(row))))
  const natural = chosen.map((column, at) =>
    Math.max(widthOf(column.title), ...cells.map((line) => widthOf(line[at]?.text ?? ''))),
  )
  const widths = page.wide ? natural : fit(chosen, natural, page.width)
  const head = chosen.map(({ title }) => ({ text: title, tone: 'dim' }) as const)
  return [head, ...cells].map((line) => `${renderLine(line, widths, page.colour)}\n`).join('')
}

/** Width of each column; 0 for those that are dropped. */
function fit<Row>(
  columns: readonly Column<Row>[],
  natural: readonly number[],
  width: number,
): number[] {
  const kept = new Set(columns.keys())
  const smallest = columns.map((column, at) => {
    const full = natural[at] ?? 0
    return column.cutTo === undefined
      ? full
      : Math.min(full, Math.max(column.cutTo, widthOf(column.title)))
  })
  while (kept.size > 1 && total(smallest, kept) > width) kept.delete(leastImportant(columns, kept))
  const widths = columns.map((_, at) => (kept.has(at) ? (smallest[at] ?? 0) : 0))
  spread(widths, natural, width - total(widths, kept))
  const only = kept.size === 1 ? [...kept][0] : undefined
  if (only !== undefined) widths[only] = Math.min(widths[only] ?? 0, width)
  return widths
}

/** Gives the columns that were cut the room that is left, from the left, one place at a time. */
function spread(widths: number[], natural: readonly number[], room: number): void {
  let left = room
  let gave = true
  while (left > 0 && gave) {
    gave = false
    for (const [at, width] of widths.entries()) {
      if (left === 0 || width === 0 || width >= (natural[at] ?? 0)) continue
      widths[at] = width + 1
      left -= 1
      gave = true
    }
  }
}

function total(widths: readonly number[], kept: ReadonlySet<number>): number {
  const gaps = GAP * Math.max(0, kept.size - 1)
  return [...kept].reduce((sum, at) => sum + (widths[at] ?? 0), gaps)
}

function leastImportant<Row>(columns: readonly Column<Row>[], kept: ReadonlySet<number>): number {
  return [...kept].reduce((worst, at) =>
    (columns[at]?.priority ?? 0) > (columns[worst]?.priority ?? 0) ? at : worst,
  )
}

function renderLine(cells: readonly Cell[], widths: readonly number[], colour: boolean): string {
  const shown = [...cells.entries()].filter(([at]) => (widths[at] ?? 0) > 0)
  return shown
    .map(([at, cell], place) => {
      const text = cut(cell.text, widths[at] ?? 0)
      const last = place === shown.length - 1
      const blanks = last ? '' : pad(text, widths[at] ?? 0).slice(text.length) + ' '.repeat(GAP)
      return paint(text, cell.tone, colour) + blanks
    })
    .join('')
    .trimEnd()
}

function safe(cell: Cell): Cell {
  return { ...cell, text: printable(cell.text) }
}
