import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import Docker from 'dockerode'
import { eventually } from './eventually.ts'
import type { Image } from './image/whoami.ts'
import type { LanHost } from './lan.ts'
import { Process } from './process.ts'
import type { RunFolder } from './run-folder.ts'

const START_MS_MAX = 20_000

/** Nothing that a machine without systemd, or with less than all rights, does not have. */
const configOf = (networks: string): string =>
  [
    '[containers]',
    'default_ulimits = ["nofile=16384:16384", "nproc=16384:16384"]',
    '[engine]',
    'runtime = "runc"',
    'cgroup_manager = "cgroupfs"',
    'events_logger = "file"',
    '[network]',
    `network_config_dir = "${networks}"`,
    '',
  ].join('\n')

export interface Podman {
  readonly socket: string
  readonly api: Docker
  readonly process: Process
}

/** Podman's copy of the Engine API, in the network of a test host and with all data in the run's folder. */
export async function startPodman(host: LanHost, folder: RunFolder, image: Image): Promise<Podman> {
  const home = folder.folder('podman')
  const at = (part: string): string => path.join(home, part)
  writeFileSync(at('containers.conf'), configOf(folder.folder('podman', 'networks')))
  const socket = at('podman.sock')
  const command: [string, ...string[]] = [
    'nsenter',
    `--net=/run/netns/${host.namespace}`,
    'podman',
    '--root',
    at('root'),
    '--runroot',
    at('run'),
    '--tmpdir',
    at('tmp'),
    'system',
    'service',
    '-t',
    '0',
    `unix://${socket}`,
  ]
  const env = { CONTAINERS_CONF: at('containers.conf') }
  const process = Process.start({ name: 'podman', command, env }, folder)
  const api = new Docker({ socketPath: socket, timeout: 30_000 })
  await eventually(
    'podman answers',
    async () => {
      if (!process.isRunning()) throw new Error(process.tail())
      return (await api.ping()) !== undefined
    },
    { withinMs: START_MS_MAX },
  )
  const archive = Readable.from([image.archive])
  // It takes no `tag` of its own, and gives a short name its own first part.
  const names = { repo: image.tag, changes: [...image.changes] }
  const stream = await api.importImage(archive, names)
  await new Promise<void>((resolve, reject) => {
    api.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()))
  })
  return { socket, api, process }
}
