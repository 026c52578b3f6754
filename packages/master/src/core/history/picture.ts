import { canonical } from '@roadstead/shared/kernel/canonical.ts'
import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { HostFacts, Network } from '@roadstead/shared/protocol/host.ts'

/** How something looks, as words by name; what is empty is left out. */
export type Picture = Readonly<Record<string, string>>

/**
 * What of a container is worth keeping for each moment of its life: what can change while it lives, and
 * what people look for. All else is there as one hash, so that no change goes unseen. Values of labels
 * are not kept: they never change while a container lives, and what came of them is in its verdicts.
 */
export function containerPicture(container: Container, digest: Digest): Picture {
  const { accepting, attachments, exitCode, health, image, name, ports, ...others } = container
  const {
    finishedAt: _ended,
    restartCount,
    restartPolicy,
    startedAt,
    state,
    stopping,
    ...rest
  } = others
  const fixed = {
    ...rest,
    digests: image.digests,
    attachments: attachments.map(({ aliases, networkId }) => ({ aliases, networkId })),
    ports: ports.map(({ exposed, port, protocol }) => ({ exposed, port, protocol })),
  }
  return words({
    name,
    state,
    health: health === 'none' ? '' : health,
    stopping: stopping ? 'yes' : '',
    'exit code': state === 'exited' || state === 'dead' ? String(exitCode) : '',
    restarts: restartCount === 0 ? '' : String(restartCount),
    started: startedAt ?? '',
    image: image.reference,
    'image id': image.id.replace(/^sha256:/, '').slice(0, SHORT),
    networks: listed(attachments, ({ network, address = '-' }) => `${network}=${address}`),
    published: listed(
      ports.flatMap(({ port, protocol, published }) =>
        published.map((it) => `${it.address}:${it.port}->${port}/${protocol}`),
      ),
      (text) => text,
    ),
    accepting: listed(accepting, String),
    'restart policy': restartPolicy,
    others: digest(canonical(fixed)).slice(0, HASH),
  })
}

export function hostPicture(facts: HostFacts): Picture {
  const { addresses, agentVersion, architecture, cpus, engine, kernel, memoryBytes } = facts
  return words({
    name: facts.name,
    os: facts.os,
    kernel,
    architecture,
    cpus: String(cpus),
    memory: String(memoryBytes),
    addresses: listed(addresses, String),
    engine: `${engine.version} (API ${engine.apiVersion}, ${engine.storageDriver})`,
    'engine id': engine.id,
    agent: agentVersion,
  })
}

export function networkPicture({ driver, internal, name, scope, subnets }: Network): Picture {
  return words({
    name,
    driver,
    scope,
    internal: internal ? 'yes' : '',
    subnets: listed(subnets, String),
  })
}

export function words(all: Picture): Picture {
  return Object.fromEntries(
    Object.entries(all)
      .filter(([, text]) => text !== '')
      .map(([name, text]) => [name, text.slice(0, WORDS_MAX)]),
  )
}

/** Whole ids and addresses fit; what a container was made to say at length does not. */
const WORDS_MAX = 256
const SHORT = 12
const HASH = 8

function listed<Item>(items: readonly Item[], text: (item: Item) => string): string {
  return items.map(text).sort().join(' ')
}
