import { execFile } from 'node:child_process'
import { networkInterfaces } from 'node:os'
import { promisify } from 'node:util'
import { claim } from './claim.ts'
import type { RunFolder } from './run-folder.ts'

const run = promisify(execFile)

/**
 * A small network of test hosts, each a network namespace. The switch has a namespace of its own: in
 * the root one, bridged frames meet the filter rules of whatever engine runs there.
 *
 * The root namespace is a member too (`address`), and holds NATS, masters and edges.
 */
export class Lan {
  readonly address: string
  readonly prefix: string
  readonly #folder: RunFolder
  readonly #id: string
  #hosts = 0

  private constructor(folder: RunFolder, third: number) {
    this.#folder = folder
    this.#id = `rs${folder.run}`
    this.prefix = `10.240.${third}`
    this.address = `${this.prefix}.1`
  }

  static async make(folder: RunFolder): Promise<Lan> {
    const lan = new Lan(folder, await freeThird())
    await lan.#makeSwitch()
    return lan
  }

  /** Plugs in a new host. Its MAC is fixed, or others would keep the old one after a rebirth. */
  async plugIn(): Promise<LanHost> {
    const index = ++this.#hosts
    const namespace = `${this.#id}h${index}`
    const port = `p${index}`
    const address = `${this.prefix}.${10 + index}`
    const third = this.prefix.split('.')[2]
    const mac = ['02:fe', hex(Number(third)), '00:00', hex(index)].join(':')
    this.#folder.record({ kind: 'namespace', name: namespace })
    await ip('netns', 'add', namespace)
    await inside(this.#switch, [
      `link add ${port} type veth peer name eth0 address ${mac} netns ${namespace}`,
      `link set ${port} master br0 up`,
    ])
    await inside(namespace, [
      `addr add ${address}/24 dev eth0`,
      'link set lo up',
      'link set eth0 up',
      `route add default via ${this.address}`,
    ])
    const turn = (state: string) => () => inside(this.#switch, [`link set ${port} ${state}`])
    return { namespace, address, index, unplug: turn('down'), plugBack: turn('up') }
  }

  get #switch(): string {
    return `${this.#id}sw`
  }

  async #makeSwitch(): Promise<void> {
    const link = `${this.#id}m`
    this.#folder.record({ kind: 'link', name: link })
    this.#folder.record({ kind: 'namespace', name: this.#switch })
    await ip('netns', 'add', this.#switch)
    await inside(this.#switch, ['link add br0 type bridge', 'link set br0 up', 'link set lo up'])
    await ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'p0', 'netns', this.#switch)
    await inside(this.#switch, ['link set p0 master br0 up'])
    await ip('addr', 'add', `${this.address}/24`, 'dev', link)
    await ip('link', 'set', link, 'up')
  }
}

export interface LanHost {
  /** Absent: the host is this machine itself. */
  readonly namespace: string | undefined
  readonly address: string
  readonly index: number
  /** Pulls the cable of the host, and puts it back. */
  readonly unplug: () => Promise<void>
  readonly plugBack: () => Promise<void>
}

/** Where simulated engines are: this machine, which cannot be unplugged. */
export const LOOPBACK: LanHost = {
  namespace: undefined,
  address: '127.0.0.1',
  index: 0,
  unplug: () => Promise.reject(new Error('a simulated host has no cable')),
  plugBack: () => Promise.resolve(),
}

/** One that no other rig on this machine uses. */
async function freeThird(): Promise<number> {
  const taken = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => address.split('.').slice(0, 3).join('.'))
  for (;;) {
    const third = 1 + Math.floor(Math.random() * 250)
    const prefix = `10.240.${third}`
    if (!taken.includes(prefix) && (await claim(`lan ${prefix}`))) return third
  }
}

async function inside(namespace: string, commands: readonly string[]): Promise<void> {
  for (const command of commands) await ip('-n', namespace, ...command.split(' '))
}

async function ip(...args: string[]): Promise<void> {
  await run('ip', args)
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
