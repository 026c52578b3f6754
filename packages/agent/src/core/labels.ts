import { LABEL_VALUE_CARRIED_MAX, LABELS_CARRIED_MAX } from '@roadstead/shared/kernel/limits.ts'
import { byText, cut } from './bounded.ts'

type Labels = Readonly<Record<string, string>>

const KEY_MAX = 256

/**
 * Keys that decide about routes or identity: they are carried first where there are too many labels,
 * so that a container with a thousand annotations keeps its routes.
 */
const NEEDED =
  /^(?:roadstead\.|traefik\.|com\.github\.nginx-proxy\.|com\.docker\.compose\.|org\.opencontainers\.image\.)/i

/** Keys by which a container asks for a route. */
const ASKS_FOR_ROUTE = /^(?:roadstead\.|traefik\.)/i

/** Set by Compose on the containers that it creates, and never on the images that it builds. */
const MADE_BY_COMPOSE = 'com.docker.compose.config-hash'
const MADE_BY_PODMAN_COMPOSE = 'com.docker.compose.container-number'

/**
 * Tells labels set on the container from those that only repeat its image's. The difference is who
 * speaks: the operator of this host, or whoever published the image.
 */
export function splitLabels(
  labels: Labels,
  ofImage: Labels,
): { own: Record<string, string>; inherited: Record<string, string> } {
  const entries = Object.entries(labels)
  const isInherited = ([key, value]: [string, string]): boolean => ofImage[key] === value
  return {
    own: carried(entries.filter((entry) => !isInherited(entry))),
    inherited: carried(entries.filter(isInherited)),
  }
}

/**
 * Project and service of a container that Compose made. Compose also labels the images that it builds
 * with both, so a plain `docker run` of such an image must not join the service.
 */
export function composeNames(labels: Labels): { project?: string; composeService?: string } {
  if (labels[MADE_BY_COMPOSE] === undefined && labels[MADE_BY_PODMAN_COMPOSE] === undefined)
    return {}
  const project = labels['com.docker.compose.project']
  const composeService = labels['com.docker.compose.service']
  return {
    ...(project === undefined ? {} : { project: cut(project) }),
    ...(composeService === undefined ? {} : { composeService: cut(composeService) }),
  }
}

export function asksForRoute(key: string): boolean {
  return ASKS_FOR_ROUTE.test(key)
}

export function isNeededLabel(key: string): boolean {
  return NEEDED.test(key)
}

function carried(entries: readonly [string, string][]): Record<string, string> {
  const chosen = entries
    .filter(([key]) => key.length <= KEY_MAX)
    .sort(([a], [b]) => Number(isNeededLabel(b)) - Number(isNeededLabel(a)) || byText(a, b))
    .slice(0, LABELS_CARRIED_MAX)
  return Object.fromEntries(
    chosen.map(([key, value]) => [key, cut(value, LABEL_VALUE_CARRIED_MAX)]),
  )
}
