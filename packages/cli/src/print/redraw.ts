import type { Output } from './output.ts'

/** Text that stays, with a few lines below it that are replaced each time. */
export interface Redrawable {
  draw(stays: string, replaced: string): void
}

/**
 * Only a terminal shows the lines that are replaced: in a pipe each picture would stay. No line may be
 * wider than the page, since a line that wraps takes two rows and would not be wiped out.
 */
export function redrawable({ terminal, write }: Pick<Output, 'terminal' | 'write'>): Redrawable {
  let rows = 0
  return {
    draw(stays, replaced) {
      const shown = terminal ? replaced : ''
      const text = `${wipe(rows)}${stays}${shown}`
      rows = shown.split('\n').length - 1
      if (text !== '') write(text)
    },
  }
}

/** Up to where the replaced lines began, and everything from there on away. */
function wipe(rows: number): string {
  return rows === 0 ? '' : `\u001b[${rows}A\u001b[0J`
}
