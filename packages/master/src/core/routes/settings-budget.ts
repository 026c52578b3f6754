import type { Intent, Reading, Refusal } from './intent.ts'

/**
 * What the settings of all routes of one container may come to, as text. Without it, 16 routes of 16
 * names could repeat the longest labels 256 times, and one container would fill more than a message
 * of the bus may hold.
 */
const SETTINGS_BYTES_PER_CONTAINER_MAX = 32 * 1024

/** The same reading, with intents beyond the budget refused, the last ones first. */
export function withinSettingsBudget(reading: Reading): Reading {
  let left = SETTINGS_BYTES_PER_CONTAINER_MAX
  const intents: Intent[] = []
  const refusals: Refusal[] = []
  for (const intent of reading.intents) {
    left -= sizeOf(intent)
    if (left >= 0) intents.push(intent)
    else refusals.push(beyond(intent))
  }
  if (refusals.length === 0) return reading
  return { ...reading, intents, refusals: [...reading.refusals, ...refusals] }
}

function sizeOf({ settings, when }: Intent): number {
  const size = Object.keys(settings).length === 0 ? 0 : JSON.stringify(settings).length
  return when === undefined ? size : size + JSON.stringify(when).length
}

function beyond({ route, domain, path }: Intent): Refusal {
  const details = { what: 'bytes of settings', max: String(SETTINGS_BYTES_PER_CONTAINER_MAX) }
  return { route, domain, path, reason: 'over-budget', details }
}
