import type { Image, StockSlice, Volume } from '@roadstead/shared/protocol/stock.ts'
import { type Note, timeOf } from './note.ts'
import { causeText } from './observed.ts'

/**
 * What changed in a slice of images or volumes, as notes for the change log: what came, what went, and
 * which image has other names now. Its place is the agent's own count of slices, so the rows of two
 * masters have the same keys.
 *
 * @param before what was in the slice; of a slice that was never heard of nothing is news.
 */
export function notesOfStock(before: readonly (Image | Volume)[], now: StockSlice): Note[] {
  const { cause, of, slice, stamp } = now
  const place = {
    stream: `stock ${stamp.host} ${of} ${slice}`,
    incarnation: stamp.boot,
    seq: stamp.seq,
  }
  const told = { place, atMs: timeOf(cause.seenAtMs), cause: causeText(cause) }
  const kind = of === 'images' ? 'image' : 'volume'
  const was = new Map(before.map((item) => [keyOf(item), item]))
  const is = new Map(now.items.map((item): [string, Image | Volume] => [keyOf(item), item]))
  const note = (item: Image | Volume, verb: string, details: Record<string, string>): Note => {
    const thing = { kind, key: keyOf(item), host: stamp.host, name: nameOf(item) } as const
    return {
      kind: 'line',
      ...told,
      thing,
      body: JSON.stringify({ what: `${kind} ${verb}`, details }),
    }
  }
  const gone = [...was.values()].filter((item) => !is.has(keyOf(item)))
  return [
    ...gone.map((item) => note(item, 'gone', {})),
    ...[...is.values()].flatMap((item) => {
      const old = was.get(keyOf(item))
      if (old === undefined) return [note(item, 'found', detailsOf(item))]
      const [names, oldNames] = [namesOf(item), namesOf(old)]
      if (names === oldNames) return []
      return [note(item, 'named', { names: `${oldNames || '-'} → ${names || '-'}` })]
    }),
  ]
}

function keyOf(item: Image | Volume): string {
  return 'id' in item ? item.id : item.name
}

/** What people know it by. */
function nameOf(item: Image | Volume): string {
  return 'id' in item
    ? (item.tags[0] ?? item.id.replace(/^sha256:/, '').slice(0, SHORT))
    : item.name
}

const SHORT = 12

function namesOf(item: Image | Volume): string {
  return 'id' in item ? item.tags.join(' ').slice(0, NAMES_MAX) : ''
}

/** Thirty-two names of an image would fill a line that people read. */
const NAMES_MAX = 256

function detailsOf(item: Image | Volume): Record<string, string> {
  if (!('id' in item)) return { driver: item.driver }
  const id = item.id.replace(/^sha256:/, '').slice(0, SHORT)
  return { id, ...(item.tags.length > 0 && { names: namesOf(item) }) }
}
