import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { invariant } from '@roadstead/shared/kernel/invariant.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import { ServiceKey } from '@roadstead/shared/protocol/route.ts'
import { nameOf } from '../graph/select.ts'

/**
 * The service of a container that names none: compose project and service, else its name. So
 * containers that are the same thing on several hosts pool without a word.
 *
 * Engines allow more in names than a service key does. Such a name keeps what it can and gets a hash
 * of the whole: folding `Shop` to `shop` could pool two strangers, and refusing it would ask people
 * for a label only because they like capitals.
 */
export function defaultService(
  container: Pick<Container, 'name' | 'project' | 'composeService'>,
  digest: Digest,
): ServiceKey {
  const { project, composeService } = container
  const names =
    project !== undefined && composeService !== undefined
      ? [project, composeService]
      : [nameOf(container)]
  const parsed = ServiceKey.safeParse(names.map((name) => segment(name, digest)).join('/'))
  invariant(parsed.success, 'segments of a service key are made of its own alphabet')
  return parsed.data
}

const SEGMENT_MAX = 63
const HASH_DIGITS = 8

function segment(name: string, digest: Digest): string {
  if (/^[a-z0-9][a-z0-9_.-]{0,62}$/.test(name)) return name
  const kept = name
    .toLowerCase()
    .replace(/[^a-z0-9_.-]/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, SEGMENT_MAX - HASH_DIGITS - 1)
  const hash = digest(name).slice(0, HASH_DIGITS)
  return kept === '' ? hash : `${kept}-${hash}`
}
