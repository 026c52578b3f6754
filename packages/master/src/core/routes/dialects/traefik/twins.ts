import { canonical } from '@roadstead/shared/kernel/canonical.ts'
import type { Intent, Refusal } from '../../intent.ts'
import type { RouterReading } from './router.ts'

interface Joined {
  readonly intents: readonly Intent[]
  readonly refusals: readonly Refusal[]
}

/**
 * Traefik knows the same name twice, in plain and over TLS, and people write a router for each: one
 * that only sends visitors to the other, or one that serves the same. Here it is one route. A pair that
 * differs in more than that keeps the router for TLS, which is the one with the restrictions. One that is
 * for TLS alone sends visitors there, too, where the edge has a certificate.
 */
export function joinTwins(routers: readonly RouterReading[]): Joined {
  const all = routers.flatMap(({ intents, isSecure }) =>
    intents.map((intent): Asked => ({ intent, isSecure })),
  )
  const intents: Intent[] = []
  const refusals: Refusal[] = []
  for (const asked of Map.groupBy(all, ({ intent }) => intent.key).values()) {
    const [first, ...others] = asked.toSorted((a, b) => Number(b.isSecure) - Number(a.isSecure))
    if (first === undefined) continue
    const isAlone = first.isSecure && others.every(({ isSecure }) => isSecure)
    let kept = isAlone ? preferred(first.intent) : first.intent
    for (const other of others) {
      const joined = first.isSecure && !other.isSecure ? join(kept, other.intent) : undefined
      if (joined === undefined) refusals.push(duplicate(other.intent, kept))
      else kept = joined
    }
    intents.push(kept)
  }
  return { intents, refusals }
}

interface Asked {
  readonly intent: Intent
  readonly isSecure: boolean
}

function join(secure: Intent, plain: Intent): Intent | undefined {
  if (plain.settings.https === 'prefer') return preferred(secure)
  return served(plain) === served(secure) ? secure : undefined
}

/** Nobody is served in plain where there is a certificate; without one he would not be served at all. */
function preferred(intent: Intent): Intent {
  const { https = 'prefer' } = intent.settings
  return { ...intent, settings: { ...intent.settings, https } }
}

/** All that visitors or the container could notice. */
function served({ port, service, stripPrefix, settings, pool }: Intent): string {
  return canonical({ port, service, stripPrefix, settings: { ...settings }, pool: { ...pool } })
}

function duplicate({ route, domain, path }: Intent, kept: Intent): Refusal {
  return { route, domain, path, reason: 'duplicate-route', details: { route: kept.route } }
}
