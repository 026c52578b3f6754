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

/** Hosts and containers as a fleet has them; the same for the same numbers. */
export function fleetOf(
  size: { readonly hosts: number; readonly containers: number },
  firstOctet: number,
): readonly FleetHost[] {
  return Array.from({ length: size.hosts }, (_, host) => {
    const name = hostName(host)
    const octets = [firstOctet + Math.floor(host / HOSTS_PER_OCTET), (host % HOSTS_PER_OCTET) + 1]
    const containers = Array.from({ length: size.containers }, (_unused, index) =>
      containerOf(host, index, `127.${octets.join('.')}.1`),
    )
    return { name, containers }
  })
}

/** Second octets of the addresses of published ports; the simulated engine has 64 to 127 itself. */
export const OCTETS = { first: 128, last: 250 } as const

function containerOf(host: number, index: number, address: string): FleetContainer {
  const name = `app-${host + 1}-${index + 1}`
  const pooled = KINDS[index % KINDS.length] === 'pooled'
  const pool = `pool-${Math.floor(host / POOL_HOSTS) + 1}-${index + 1}`
  const domain = `${pooled ? pool : name}.simulated.localhost`
  return {
    name,
    host: hostName(host),
    domain,
    pooled,
    hasCheck: index % CHECKED_EVERY === 0,
    labels: {
      'org.opencontainers.image.source': 'https://git.example/shop/web',
      'roadstead.host': domain,
      'roadstead.port': String(PORT),
      ...(pooled && { 'roadstead.service': pool }),
    },
    published: { address, port: PUBLISHED_FIRST + index },
  }
}

function hostName(host: number): string {
  return `simulated-${String(host + 1).padStart(4, '0')}`
}
