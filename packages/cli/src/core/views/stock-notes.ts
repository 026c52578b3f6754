import { printable } from '../cell.ts'
import { foldAfter } from '../fold.ts'
import { type Page, WIDE } from '../table.ts'

interface StockOfHost {
  readonly hostName: string
  readonly complete: boolean
  readonly untold: number
}

/** What a list of images or volumes does not tell, and why: nobody must take it for all there is. */
export function stockNotes(
  hosts: readonly StockOfHost[],
  what: 'images' | 'volumes',
  page: Page,
): string {
  const partly = hosts.filter(({ complete }) => !complete).map(({ hostName }) => hostName)
  const beyond = hosts
    .filter(({ untold }) => untold > 0)
    .map(({ hostName, untold }) => `${hostName} ${untold}`)
  const notes = [
    ...(partly.length > 0 ? [`Not all ${what} were told yet by ${partly.join(', ')}.`] : []),
    ...(beyond.length > 0
      ? [`There are more ${what} than a host may tell: ${beyond.join(', ')}.`]
      : []),
  ]
  const width = page.wide ? WIDE : page.width
  return notes
    .flatMap((note) => foldAfter('', 0, printable(note), width))
    .map((line) => `${line}\n`)
    .join('')
}
