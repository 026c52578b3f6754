import type { ContainerCreateOptions } from 'dockerode'
import { clerkMounts, echoMounts, porterMounts } from './image/whoami.ts'

/** How a container of the test behaves, and what it asks for. */
export interface RunOptions {
  readonly labels?: Readonly<Record<string, string>>
  readonly port?: number
  /** On all addresses of its host, on this port or on one that the engine picks. Default: true. */
  readonly publish?: boolean | number
  /** Its address in `network`, instead of one that the engine picks. */
  readonly ip?: string
  /** Runs the clerk, which keeps a book of what it was asked, instead of the server of few words. */
  readonly clerk?: ClerkOptions
  /** Runs the porter, who streams, hashes and sleeps, instead of the server of few words. */
  readonly porter?: true
  /** Says back what it hears at its port, by this protocol, instead of serving HTTP. */
  readonly echo?: 'tcp' | 'udp'
  /** Runs this image, which was loaded before, instead of the server of few words. */
  readonly image?: string
  /** With a HEALTHCHECK that passes until it is told to fail. */
  readonly healthcheck?: boolean
  /** Runs the quickest of servers on a folder of this machine, whose `index.html` is the answer. */
  readonly plain?: string
  readonly startAfterS?: number
  /** How long it goes on serving after the stop signal. Default: 1. */
  readonly stopAfterS?: number
  /** It dies by itself after so long. */
  readonly crashAfterS?: number
  readonly network?: string
  readonly restart?: 'no' | 'always'
  readonly env?: Readonly<Record<string, string>>
}

export interface ClerkOptions {
  /** A folder of this machine: the book of the container is `<its name>.ids` in it. */
  readonly books: string
  readonly stop?: 'gently' | 'at-once'
  readonly workMs?: number
}

const HEALTH_EVERY_NS = 300_000_000
const HEALTH_MS_MAX_NS = 2_000_000_000

/** The same in the words of the engine's API. */
export function containerRequest(
  name: string,
  image: string,
  options: RunOptions,
): ContainerCreateOptions & { name: string } {
  const port = `${options.port ?? 80}/${options.echo ?? 'tcp'}`
  const publish = options.publish ?? true
  const hostPort = typeof publish === 'number' ? String(publish) : ''
  return {
    name,
    Image: image,
    Labels: { ...options.labels },
    Env: environment(name, options),
    ...(options.plain !== undefined && {
      Cmd: ['/bin/busybox', 'httpd', '-f', '-p', String(options.port ?? 80), '-h', '/www'],
    }),
    ...(options.porter === true && { Cmd: ['/node', '/porter.ts'] }),
    ...(options.echo !== undefined && { Cmd: ['/node', '/echo.ts'] }),
    ExposedPorts: { [port]: {} },
    ...(options.healthcheck === true && {
      Healthcheck: {
        Test: ['CMD', 'test', '!', '-e', '/tmp/sick'],
        Interval: HEALTH_EVERY_NS,
        Timeout: HEALTH_MS_MAX_NS,
        Retries: 1,
      },
    }),
    HostConfig: {
      ...(publish !== false && {
        PortBindings: { [port]: [{ HostIp: '0.0.0.0', HostPort: hostPort }] },
      }),
      ...(options.clerk !== undefined && {
        Binds: [...clerkMounts(), `${options.clerk.books}:/books`],
      }),
      ...(options.porter === true && { Binds: porterMounts() }),
      ...(options.echo !== undefined && { Binds: echoMounts() }),
      ...(options.plain !== undefined && { Binds: [`${options.plain}:/www:ro`] }),
      ...(options.network !== undefined && { NetworkMode: options.network }),
      RestartPolicy: { Name: options.restart ?? 'no' },
    },
    ...(options.network !== undefined &&
      options.ip !== undefined && {
        NetworkingConfig: {
          EndpointsConfig: { [options.network]: { IPAMConfig: { IPv4Address: options.ip } } },
        },
      }),
  }
}

function environment(name: string, options: RunOptions): string[] {
  const variables = {
    NAME: name,
    PORT: String(options.port ?? 80),
    START_AFTER: String(options.startAfterS ?? ''),
    STOP_AFTER: String(options.stopAfterS ?? 1),
    CRASH_AFTER: String(options.crashAfterS ?? ''),
    // The same for a simulated container, which has no program to read the others.
    SIMULATED_BODY: `container: ${name}`,
    ...(options.clerk !== undefined && {
      BOOK: `/books/${name}.ids`,
      STOP: options.clerk.stop ?? 'gently',
      WORK_MS: String(options.clerk.workMs ?? 0),
    }),
    ...options.env,
  }
  return Object.entries(variables).map(([key, value]) => `${key}=${value}`)
}
