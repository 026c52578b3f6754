import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { type EngineEvent, EventRing } from './core/event-ring.ts'
import { type Container, labelsOf, type Network } from './core/model.ts'
import { ImageStore } from './images.ts'
import { Problem } from './problem.ts'
import { VolumeStore } from './volumes.ts'

const CONTAINERS_MAX = 65_000

/** Everything the simulated engine knows, and the events by which it tells of changes. */
export class Store {
  readonly events = new EventRing()
  readonly images: ImageStore
  readonly volumes: VolumeStore
  readonly #clock: Clock
  readonly #containerById = new Map<string, Container>()
  readonly #networks: Network[]
  readonly #newId: () => string
  readonly #block: readonly [number, number]
  #nextAddress = 1

  /** @param block two numbers that keep the addresses of several engines on one machine apart. */
  constructor(parts: {
    readonly clock: Clock
    readonly newId: () => string
    readonly block: readonly [number, number]
  }) {
    this.#clock = parts.clock
    this.#newId = parts.newId
    this.#block = parts.block
    const about = { newId: parts.newId, wallMs: () => parts.clock.wallMs() }
    const tell = this.tell.bind(this)
    this.images = new ImageStore({ ...about, tell, isInUse: (id) => this.#runs(id) })
    this.volumes = new VolumeStore({ ...about, tell, isInUse: (name) => this.#mounts(name) })
    const network = (name: string, driver: string, subnet: string): Network => ({
      id: parts.newId(),
      name,
      driver,
      subnet,
    })
    this.#networks = [
      network('bridge', 'bridge', '127.64.0.0/10'),
      network('host', 'host', ''),
      network('none', 'null', ''),
    ]
  }

  get containers(): readonly Container[] {
    return [...this.#containerById.values()].reverse()
  }

  get networks(): readonly Network[] {
    return this.#networks
  }

  newId(): string {
    return this.#newId()
  }

  /** Loopback addresses, so that everything on this machine reaches them and nothing else does. */
  newAddress(): string {
    if (this.#nextAddress >= CONTAINERS_MAX) throw new Problem(500, 'no address left')
    const [first, second] = this.#block
    const index = this.#nextAddress
    this.#nextAddress += 1
    return `127.${64 + (first % 64)}.${(second + (index >> 8)) % 256}.${index & 255 || 255}`
  }

  /** By name with or without slash, full id or unique prefix. */
  container(key: string): Container {
    const name = key.replace(/^\//, '')
    const byId = this.#containerById.get(name)
    if (byId !== undefined) return byId
    const exact = this.containers.find((it) => it.name === name)
    const byPrefix = this.containers.filter((it) => name.length > 0 && it.id.startsWith(name))
    const found = exact ?? (byPrefix.length === 1 ? byPrefix[0] : undefined)
    if (found === undefined) throw new Problem(404, `No such container: ${key}`)
    return found
  }

  network(key: string): Network {
    const wanted = key === '' || key === 'default' ? 'bridge' : key
    const found = this.#networks.find((it) => it.name === wanted || it.id.startsWith(wanted))
    if (found === undefined) throw new Problem(404, `network ${key} not found`)
    return found
  }

  addNetwork(name: string): Network {
    if (this.#networks.some((it) => it.name === name)) {
      throw new Problem(409, `network with name ${name} already exists`)
    }
    const network = { id: this.#newId(), name, driver: 'bridge', subnet: '127.64.0.0/10' }
    this.#networks.push(network)
    this.tell('network', 'create', network.id, { name, type: network.driver })
    return network
  }

  removeNetwork(key: string): void {
    const network = this.network(key)
    this.#networks.splice(this.#networks.indexOf(network), 1)
    this.tell('network', 'destroy', network.id, { name: network.name, type: network.driver })
  }

  put(container: Container): Container {
    this.#containerById.set(container.id, container)
    return container
  }

  /** Changes a container if it is still there. */
  change(id: string, fields: Partial<Container>): Container | undefined {
    const known = this.#containerById.get(id)
    return known === undefined ? undefined : this.put({ ...known, ...fields })
  }

  drop(id: string): void {
    this.#containerById.delete(id)
  }

  tellContainer(container: Container, action: string, more: Record<string, string> = {}): void {
    const about = { image: container.request.Image, name: container.name }
    this.tell('container', action, container.id, { ...labelsOf(container), ...about, ...more })
  }

  tellNetworks(container: Container, action: 'connect' | 'disconnect'): void {
    for (const { network } of container.networks) {
      const about = { container: container.id, name: network.name, type: network.driver }
      this.tell('network', action, network.id, about)
    }
  }

  tell(
    type: EngineEvent['type'],
    action: string,
    id: string,
    attributes: Record<string, string>,
  ): void {
    this.events.add({ type, action, id, attributes }, this.#clock.wallMs())
  }

  #runs(image: string): boolean {
    return this.containers.some((it) => it.image.id === image)
  }

  #mounts(volume: string): boolean {
    const mountsOf = ({ request }: Container) => request.HostConfig?.Mounts ?? []
    return this.containers.some((it) => mountsOf(it).some(({ Source }) => Source === volume))
  }
}
