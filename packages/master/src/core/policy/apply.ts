import type { HostId } from '@roadstead/shared/kernel/ids.ts'
import { listenOf } from '@roadstead/shared/protocol/listen.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { Intent, Reading, Refusal } from '../routes/intent.ts'
import type { Policy } from '../routes/policy.ts'
import { withDefaults } from './defaults.ts'
import { decidingPattern, isWildcard, mayHold } from './grants.ts'
import { isGuarded } from './port-grants.ts'

interface Place {
  readonly container: Pick<Container, 'project'>
  readonly host: HostId
  readonly policy: Pick<Policy, 'claims' | 'defaults'>
}

/** What the policy makes of what a container asks for: names that it may not hold, and defaults. */
export function underPolicy(reading: Reading, place: Place): Reading {
  const { container, host, policy } = place
  const asker = { host, project: container.project }
  const denied = reading.intents.filter(({ domain }) => !mayHold(policy.claims, asker, domain))
  const { defaults } = policy
  const hasDefaults = Object.keys(defaults).length > 0
  if (denied.length === 0 && !hasDefaults) return reading
  const intents = reading.intents.filter((intent) => !denied.includes(intent))
  return {
    ...reading,
    intents: hasDefaults ? intents.map((intent) => withDefaults(intent, defaults)) : intents,
    refusals: [...reading.refusals, ...denied.map((intent) => refusalOf(intent, place))],
  }
}

function refusalOf({ route, domain, path }: Intent, { container, policy }: Place): Refusal {
  const pattern = decidingPattern(policy.claims, domain)
  const details = {
    ...(pattern === undefined ? {} : { granted: pattern }),
    ...(container.project !== undefined && { project: container.project }),
  }
  const reason = pattern === undefined ? ungranted(domain) : 'claim-denied'
  return {
    route,
    domain,
    path,
    reason,
    details: reason === 'claim-denied' ? details : { value: domain },
  }
}

/** Where no entry speaks of it. */
function ungranted(domain: string): Refusal['reason'] {
  const listen = listenOf(domain)
  if (listen !== undefined && isGuarded(listen)) return 'port-not-granted'
  return isWildcard(domain) ? 'wildcard-not-granted' : 'claim-denied'
}
