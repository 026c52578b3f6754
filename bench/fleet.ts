import {
  exampleContainer,
  exampleFacts,
  exampleSnapshot,
  exampleStamp,
} from '@roadstead/master/core/examples.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { Snapshot } from '@roadstead/shared/protocol/observation.ts'

/** Fifty thousand containers on a thousand hosts: five thousand services of ten, each on ten hosts. */
export const HOSTS = 1_000
export const CONTAINERS_PER_HOST = 50
export const SERVICES = 5_000

export function hostOf(index: number): string {
  return `host-${index}`
}

/**
 * A container as a fleet has it: some labels that are not ours, a compose project, a published port.
 * Parsed from its JSON, so that nothing in it is shared with the next one, as on the wire.
 */
export function containerOf(number: number, changes: Partial<Container> = {}): Container {
  const service = number % SERVICES
  const labels = {
    'com.docker.compose.project': `shop-${service}`,
    'com.docker.compose.service': 'web',
    'com.docker.compose.container-number': '1',
    'org.opencontainers.image.source': 'https://git.example/shop/web',
    'org.opencontainers.image.version': '2.1.0',
    'roadstead.host': `shop-${service}.example.com`,
    'roadstead.port': '80',
  }
  const container = exampleContainer(number, {
    name: `shop-${service}-web-${number}`,
    labels,
    project: `shop-${service}`,
    composeService: 'web',
    ports: [
      {
        port: 80,
        protocol: 'tcp',
        exposed: true,
        published: [{ address: '0.0.0.0', port: 10_000 + (number % 50_000) }],
      },
    ],
    ...changes,
  })
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the same value, copied
  return structuredClone(container)
}

export function snapshotOf(host: number): Snapshot {
  const containers = Array.from({ length: CONTAINERS_PER_HOST }, (_, index) =>
    containerOf(index * HOSTS + host),
  )
  const address = `10.${host >> 8}.${host & 255}.1`
  return exampleSnapshot(exampleStamp(hostOf(host), 1), containers, {
    facts: exampleFacts(hostOf(host), { addresses: [address] }),
  })
}
