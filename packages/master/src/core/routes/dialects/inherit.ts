import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { Problem } from '../found.ts'
import type { Dialect, Intent, PoolWishes, Reading } from '../intent.ts'
import { DEFAULT_ROUTE, LABEL_PREFIX } from '../label-keys.ts'
import { shown } from '../label-values.ts'
import { readContainerWishes } from '../labels.ts'
import type { ContainerWishes } from '../read-pool.ts'
import { remarksOnWishes, wishesForStream } from '../read-stream.ts'
import type { Policy } from '../policy.ts'
import type { Asking } from './asking.ts'

/** The routes are read from another language, and labels of ours add to them what it cannot say. */
export const INHERIT = `${LABEL_PREFIX}inherit`

export interface InheritFacts {
  readonly container: Container
  readonly policy: Policy
  readonly digest: Digest
}

/** `askings` are in the languages that the policy allows. */
export function inheritedReading(
  written: string,
  askings: readonly (Asking & { readonly dialect: Dialect })[],
  { container, policy, digest }: InheritFacts,
): Reading {
  const details = { label: INHERIT, value: shown(written) }
  if (written !== 'traefik' && written !== 'nginx-proxy') {
    return refusedWhole('roadstead', { reason: 'invalid-value', details })
  }
  const asking = askings.find(({ dialect }) => dialect === written)
  if (asking === undefined) return refusedWhole(written, { reason: 'host-missing', details })
  const { reading } = asking
  const wishes = readContainerWishes(container, policy, digest)
  if (wishes.kind === 'refused') {
    const { reason, details: why } = wishes
    const refusals = reading.intents.map(({ route, domain, path }) => {
      return { route, domain, path, reason, details: why }
    })
    return { ...reading, intents: [], refusals: [...reading.refusals, ...refusals] }
  }
  const streams = reading.intents.filter(({ pool }) => pool.protocol !== undefined)
  const left = streams.length === 0 ? [] : remarksOnWishes(wishes, { general: new Map() })
  const told = new Set(streams.map(({ route }) => route))
  const remarks = [...told].flatMap((route) => left.map((remark) => ({ ...remark, route })))
  const intents = reading.intents.map((intent) => withWishes(intent, wishes))
  return { ...reading, intents, remarks: [...reading.remarks, ...remarks] }
}

function withWishes(intent: Intent, wishes: ContainerWishes): Intent {
  const { protocol } = intent.pool
  const own = protocol === undefined ? wishes : wishesForStream(wishes, protocol)
  return {
    ...intent,
    holdMs: own.holdMs,
    slowStartMs: own.slowStartMs,
    pool: poolWith(intent.pool, own.pool),
    endpoint: { ...intent.endpoint, ...own.endpoint },
  }
}

/** A cookie belongs to the way of spreading requests that it was said with. */
function poolWith({ balance, cookie, ...rest }: PoolWishes, added: PoolWishes): PoolWishes {
  if (added.balance !== undefined) return { ...rest, ...added }
  return { ...rest, ...(balance && { balance }), ...(cookie && { cookie }), ...added }
}

function refusedWhole(dialect: Dialect, problem: Problem): Reading {
  const refusals = [{ route: DEFAULT_ROUTE, ...problem }]
  return { dialect, lost: [], remarks: [], intents: [], refusals }
}
