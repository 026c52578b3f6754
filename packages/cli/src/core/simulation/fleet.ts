/** A container that is there from the beginning to the end, running or not. */
export interface FleetContainer {
  readonly name: string
  readonly host: string
  /** Of this one alone, or of its pool. */
  readonly domain: string
  /** Shares its domain with others on other hosts, so that no visitor can tell whether it serves. */
  readonly pooled: boolean
  readonly hasCheck: boolean
  readonly labels: Readonly<Record<string, string>>
  /** Where its port is published. Each host has a loopback address of its own, as if it were one. */
  readonly published: { readonly address: string; readonly port: number }
}

export interface FleetHost {
  readonly name: string
  readonly containers: readonly FleetContainer[]
}

/** Inside, for all of them. */
export const PORT = 8_080
/** Outside, of the first container of a host; those of the others follow. */
const PUBLISHED_FIRST = 20_001

/** Most services of most fleets have one container. */
const KINDS = ['alone', 'alone', 'pooled', 'alone', 'pooled'] as const
/** Containers of a pool, each on another host. */
const POOL_HOSTS = 10
const CHECKED_EVERY = 3
/** Hosts whose third octets differ; the next have another second one. */
const HOSTS_PER_OCTET = 250

/**
 * Where programs listen, and what the fleet is called. In a federation of its own each host has a loopback
 * address; elsewhere all have that of the machine, and names that nobody else has.
 */
export type FleetPlace =
  | { readonly kind: 'loopback'; readonly firstOctet: number }
  | {
      readonly kind: 'guest'
      readonly fleet: string
      readonly address: string
      readonly firstPort: number
    }

/** Domains of guests are below it; nobody can own a name below `example` (RFC 2606). */
export const GUEST_SUFFIX = 'simulated.example'

/** Hosts and containers as a fleet has them; the same for the same numbers. */
export function fleetOf(
  size: { readonly hosts: number; readonly containers: number },
  place: FleetPlace,
): readonly FleetHost[] {
  return Array.from({ length: size.hosts }, (_, host) => {
    const containers = Array.from({ length: size.containers }, (_unused, index) =>
      containerOf({ host, index, containers: size.containers }, place),
    )
    return { name: hostName(host, place), containers }
  })
}

/** Second octets of the addresses of published ports; the simulated engine has 64 to 127 itself. */
export const OCTETS = { first: 128, last: 250 } as const

interface Seat {
  readonly host: number
  readonly index: number
  /** On each host. */
  readonly containers: number
}

function containerOf(seat: Seat, place: FleetPlace): FleetContainer {
  const { host, index } = seat
  const [prefix, suffix] =
    place.kind === 'guest'
      ? [`${place.fleet}-`, `${place.fleet}.${GUEST_SUFFIX}`]
      : ['', 'simulated.localhost']
  const app = `app-${host + 1}-${index + 1}`
  const pooled = KINDS[index % KINDS.length] === 'pooled'
  const pool = `pool-${Math.floor(host / POOL_HOSTS) + 1}-${index + 1}`
  const domain = `${pooled ? pool : app}.${suffix}`
  return {
    name: `${prefix}${app}`,
    host: hostName(host, place),
    domain,
    pooled,
    hasCheck: index % CHECKED_EVERY === 0,
    labels: {
      'org.opencontainers.image.source': 'https://git.example/shop/web',
      'roadstead.host': domain,
      'roadstead.port': String(PORT),
      ...(pooled && { 'roadstead.service': `${prefix}${pool}` }),
    },
    published: publishedAt(seat, place),
  }
}

function publishedAt({ host, index, containers }: Seat, place: FleetPlace) {
  if (place.kind === 'guest') {
    return { address: place.address, port: place.firstPort + host * containers + index }
  }
  const second = place.firstOctet + Math.floor(host / HOSTS_PER_OCTET)
  const address = `127.${second}.${(host % HOSTS_PER_OCTET) + 1}.1`
  return { address, port: PUBLISHED_FIRST + index }
}

function hostName(host: number, place: FleetPlace): string {
  const fleet = place.kind === 'guest' ? place.fleet : 'simulated'
  return `${fleet}-${String(host + 1).padStart(4, '0')}`
}
