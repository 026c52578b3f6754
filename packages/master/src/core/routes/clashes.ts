import type { Intent } from './intent.ts'
import type { ContainerField, RouteField } from './label-keys.ts'

/** What a route asks for, as far as parts of it may stand in each other's way. */
export type Wanted = Pick<
  Intent,
  'match' | 'stripPrefix' | 'settings' | 'pool' | 'endpoint' | 'canary'
>

/** A key of ours, or a word for what only other languages can say. */
type Key = RouteField | ContainerField | 'users' | 'add-prefix' | 'replace-path'

/** Two keys that cannot be had together. */
export interface Clash {
  readonly keys: readonly [Key, Key]
  readonly why: string
}

interface ClashRule extends Clash {
  readonly isSo: (wanted: Wanted) => boolean
}

/**
 * The pairs that nginx cannot do, or that contradict each other. One of them quietly left out would
 * be a guess at what was meant, so the route is refused, and both are named.
 */
export const clashes: readonly ClashRule[] = [
  ...(['auth', 'users', 'limit'] as const).map(
    (key): ClashRule => ({
      keys: ['redirect', key],
      why: 'a redirect is answered before anybody is asked who he is, or counted',
      isSo: (wanted) => wanted.settings.redirect !== undefined && says(wanted, key),
    }),
  ),
  ...(['scheme', 'canary', 'strip-prefix', 'timeout', 'buffering', 'body-size'] as const).map(
    (key): ClashRule => ({
      keys: ['redirect', key],
      why: 'a redirect is answered at once, and no container is asked',
      isSo: (wanted) => wanted.settings.redirect !== undefined && says(wanted, key),
    }),
  ),
  {
    keys: ['strip-prefix', 'match'],
    why: 'an exact path has nothing behind it that could be left',
    isSo: ({ match, stripPrefix }) => stripPrefix && match === 'exact',
  },
  ...(['strip-prefix', 'add-prefix', 'replace-path'] as const).map(
    (key): ClashRule => ({
      keys: ['scheme', key],
      why: 'the path of a gRPC call is the name of its method',
      isSo: (wanted) => isGrpc(wanted) && says(wanted, key),
    }),
  ),
  {
    keys: ['scheme', 'buffering'],
    why: 'gRPC is never collected before it is passed on',
    isSo: (wanted) => isGrpc(wanted) && says(wanted, 'buffering'),
  },
  {
    keys: ['scheme', 'health.path'],
    why: 'a container that speaks gRPC answers no plain request for a path',
    isSo: (wanted) => isGrpc(wanted) && wanted.pool.health !== undefined,
  },
  {
    keys: ['sticky', 'backup'],
    why: 'who is told from his address stays with one container, whatever that one is for',
    isSo: ({ pool: { balance, cookie }, endpoint }) =>
      balance === 'sticky' && cookie === undefined && endpoint.backup === true,
  },
  {
    keys: ['network', 'address'],
    why: 'a network has no part in how a published port is reached',
    isSo: ({ endpoint: { network, address } }) =>
      network !== undefined && address !== undefined && address.kind !== 'inside',
  },
]

/** Two ways to say one thing: what was read of them no longer shows that both were there. */
export const sayings: readonly Clash[] = [
  { keys: ['balance', 'sticky'], why: 'both say which container gets a request' },
  { keys: ['redirect', 'https'], why: 'both say what becomes of a request without TLS' },
]

export function findClash(wanted: Wanted): Clash | undefined {
  return clashes.find(({ isSo }) => isSo(wanted))
}

/** Whether it asks for something of this name; false is something, too. */
function says({ stripPrefix, settings, pool, canary }: Wanted, key: Key): boolean {
  if (key === 'strip-prefix') return stripPrefix
  const found: Partial<Record<Key, unknown>> = {
    scheme: pool.scheme,
    canary,
    auth: settings.auth,
    users: settings.users,
    limit: settings.limit,
    timeout: settings.timeoutMs,
    buffering: settings.buffering,
    'body-size': settings.bodyBytesMax,
    'add-prefix': settings.addPrefix,
    'replace-path': settings.replacePath,
  }
  return found[key] !== undefined
}

function isGrpc({ pool: { scheme } }: Wanted): boolean {
  return scheme === 'grpc' || scheme === 'grpcs'
}
