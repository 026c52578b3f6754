import { type Counts, ENDPOINT_COUNTS, ROUTE_COUNTS, sumOf, type Tally } from './counts.ts'

/** What the Lua of the live tier answers when it is asked for its counts. */
export interface JournalPages {
  /** Tells one life of the memory of nginx from the next. */
  readonly born: string
  /** The last page in it. */
  readonly last: number
  readonly more: boolean
  /** Requests since that life began that could not be written down. */
  readonly lost: number
  readonly tally: Tally
}

/** @returns undefined when the text was cut short, or is none of ours. */
export function readJournal(text: string): JournalPages | undefined {
  const lines = text.split('\n')
  const head = /^(\d{1,20}) (\d{1,15}) ([01]) (\d{1,15})$/.exec(lines[0] ?? '')
  if (head === null || lines.at(-2) !== 'end' || lines.at(-1) !== '') return undefined
  const routes = new Map<string, Counts>()
  const endpoints = new Map<string, Counts>()
  for (const line of lines.slice(1, -2)) {
    const [, kind, numbers = '', key = ''] = LINE.exec(line) ?? []
    const counts = numbers.split(',').map(Number)
    if (counts.length !== (kind === 'r' ? ROUTE_COUNTS : ENDPOINT_COUNTS)) return undefined
    const into = kind === 'r' ? routes : endpoints
    into.set(key, sumOf(into.get(key), counts))
  }
  const [, born = '', last, more, lost] = head
  return {
    born,
    last: Number(last),
    more: more === '1',
    lost: Number(lost),
    tally: { routes, endpoints },
  }
}

const LINE = /^([re]) ((?:\d{1,14},){18,31}\d{1,14}) ([A-Za-z0-9_.:/~=*[\] -]{1,1024})$/
