import type { LiveFrame } from '@roadstead/shared/protocol/live.ts'

const KINDS: ReadonlySet<unknown> = new Set(['snapshot', 'patch', 'idle', 'lagged', 'goaway'])

/**
 * Reads one frame of our own server, which was made from the schema. The schema itself would be
 * most of this page's weight, so only what decides is looked at; a frame of a kind that this page
 * does not know (a newer server's) is nothing.
 */
export function parseFrame(text: string): LiveFrame | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  return isFrame(value) ? value : undefined
}

function isFrame(value: unknown): value is LiveFrame {
  return typeof value === 'object' && value !== null && 'kind' in value && KINDS.has(value.kind)
}
