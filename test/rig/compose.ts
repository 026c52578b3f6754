import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { clerkMounts } from './image/whoami.ts'
import type { Engine } from './engine.ts'
import type { LanHost } from './lan.ts'
import { type Exit, Process } from './process.ts'
import type { RunFolder } from './run-folder.ts'

/** One service of a project, as a person would write it. */
export interface ComposeService {
  readonly replicas: number
  readonly labels: Readonly<Record<string, string>>
  readonly books: string
  readonly healthcheck?: boolean
}

/** A folder with a compose file, and the command line of Compose beside the engine of a host. */
export class Compose {
  readonly #folder: RunFolder
  readonly #lan: LanHost
  readonly #directory: string
  readonly #project: string
  #runs = 0

  private constructor(folder: RunFolder, lan: LanHost, directory: string, project: string) {
    this.#folder = folder
    this.#lan = lan
    this.#directory = directory
    this.#project = project
  }

  static async write(
    folder: RunFolder,
    host: { readonly engine: Engine; readonly lan: LanHost },
    project: string,
    services: Readonly<Record<string, ComposeService>>,
  ): Promise<Compose> {
    const directory = folder.folder(`compose-${project}`)
    const image = await host.engine.clerkTag()
    const entries = Object.entries(services).map(([name, it]) => [name, serviceOf(image, it)])
    // JSON is YAML too.
    const file = { version: '2.4', services: Object.fromEntries(entries) as object }
    writeFileSync(path.join(directory, 'docker-compose.yml'), JSON.stringify(file, null, 2))
    return new Compose(folder, host.lan, directory, project)
  }

  /** Runs `docker-compose …` against an engine's socket, or what stands before it. */
  async run(socket: string, ...args: readonly string[]): Promise<Exit & { readonly said: string }> {
    const name = `compose-${this.#project}-${++this.#runs}`
    const wrapper =
      this.#lan.namespace === undefined
        ? []
        : ['nsenter', `--net=/run/netns/${this.#lan.namespace}`]
    const [file = '', ...rest] = [
      ...wrapper,
      'docker-compose',
      '--ansi',
      'never',
      '--project-name',
      this.#project,
      '--file',
      path.join(this.#directory, 'docker-compose.yml'),
      ...args,
    ]
    const env = { DOCKER_HOST: `unix://${socket}`, COMPOSE_INTERACTIVE_NO_CLI: '1' }
    const running = Process.start({ name, command: [file, ...rest], env }, this.#folder)
    const exit = await running.finished
    return { ...exit, said: running.tail() }
  }
}

function serviceOf(image: string, service: ComposeService): object {
  const { replicas, labels, books, healthcheck = false } = service
  return {
    image,
    labels,
    scale: replicas,
    ports: ['80'],
    volumes: [...clerkMounts(), `${books}:/books`],
    // Replicas are told apart by the ids of their containers; the shell knows its own as a name.
    command: ['/bin/sh', '-c', 'BOOK=/books/$$HOSTNAME.ids NAME=$$HOSTNAME exec /node /clerk.ts'],
    // It asks the server: a check that passes before anybody listens sends visitors to nobody.
    ...(healthcheck && {
      healthcheck: {
        test: ['CMD', '/bin/busybox', 'wget', '-q', '-O', '/dev/null', 'http://127.0.0.1/'],
        interval: '500ms',
        retries: 1,
      },
    }),
  }
}
