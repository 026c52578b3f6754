import { isListen } from '@roadstead/shared/protocol/listen.ts'
import type { RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import { findClash } from '../routes/clashes.ts'
import type { Intent } from '../routes/intent.ts'

/**
 * Gives a route what the policy wants for routes, where its labels say nothing of it. What cannot be
 * had together with what the labels say is left out: nobody wrote the two side by side.
 */
export function withDefaults(intent: Intent, defaults: RouteSettings): Intent {
  // What is wanted for requests says nothing to connections and datagrams.
  if (isListen(intent.domain)) return intent
  const missing = Object.entries(defaults).filter(([name]) => !(name in intent.settings))
  if (missing.length === 0) return intent
  const isClashing = findClash(intent) !== undefined
  return missing.reduce((before, [name, value]) => {
    const after = { ...before, settings: { ...before.settings, [name]: value } }
    return !isClashing && findClash(after) !== undefined ? before : after
  }, intent)
}
