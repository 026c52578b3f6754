import { z } from 'zod'
import type { Clock } from '@roadstead/shared/kernel/clock.ts'
import { CreateRequest } from './core/create-request.ts'
import {
  historyJson,
  imageJson,
  inspectJson,
  listedImageJson,
  listedJson,
  networkJson,
  volumeJson,
} from './core/render.ts'
import { isAlive } from './core/model.ts'
import { type Faults, FaultsRequest } from './faults.ts'
import type { Lifecycle } from './lifecycle.ts'
import { Play, play } from './play.ts'
import { Problem } from './problem.ts'
import type { Store } from './store.ts'
import { exitOf, WaitCondition } from './wait.ts'

export const API_VERSION = '1.41'

export interface Call {
  readonly method: string
  /** Without the version in front. */
  readonly path: string
  readonly query: URLSearchParams
  readonly body: unknown
  /** How long the body was, whatever was in it. */
  readonly bytes: number
}

/** A status and a body; a body that is undefined leaves the answer empty. */
export interface Answer {
  readonly status: number
  readonly body?: unknown
  /** Follows when there is one; the status is told at once. */
  readonly later?: Promise<unknown>
}

export interface RouteDeps {
  readonly store: Store
  readonly lifecycle: Lifecycle
  readonly clock: Clock
  readonly faults: Faults
  readonly engineId: string
  readonly hostName: string
}

type Handler = (deps: RouteDeps, call: Call, key: string) => Answer | Promise<Answer>

/** Method, path with `*` for one name, and what answers. The first that fits is taken. */
const ROUTES: readonly (readonly [string, RegExp, Handler])[] = [
  ['GET', /^\/_ping$/, () => ok('OK')],
  ['HEAD', /^\/_ping$/, () => ({ status: 200 })],
  ['GET', /^\/version$/, () => ok(versionJson)],
  ['GET', /^\/info$/, (deps) => ok(infoJson(deps))],
  ['GET', /^\/containers\/json$/, listContainers],
  ['POST', /^\/containers\/create$/, createContainer],
  [
    'GET',
    /^\/containers\/(.+)\/json$/,
    ({ store }, _, key) => ok(inspectJson(store.container(key))),
  ],
  ['POST', /^\/containers\/(.+)\/wait$/, waitForContainer],
  ['POST', /^\/containers\/(.+)\/([a-z]+)$/, actOnContainer],
  ['DELETE', /^\/containers\/(.+)$/, removeContainer],
  ['GET', /^\/images\/json$/, listImages],
  ['GET', /^\/images\/(.+)\/json$/, ({ store }, _, key) => ok(imageJson(store.images.find(key)))],
  [
    'GET',
    /^\/images\/(.+)\/history$/,
    ({ store }, _, key) => ok(historyJson(store.images.find(key))),
  ],
  ['POST', /^\/images\/create$/, pullImage],
  ['POST', /^\/images\/(.+)\/tag$/, tagImage],
  ['DELETE', /^\/images\/(.+)$/, removeImage],
  ['GET', /^\/volumes$/, listVolumes],
  ['POST', /^\/volumes\/create$/, createVolume],
  ['DELETE', /^\/volumes\/(.+)$/, removeVolume],
  ['GET', /^\/networks$/, ({ store }) => ok(store.networks.map(networkJson))],
  ['POST', /^\/networks\/create$/, createNetwork],
  ['POST', /^\/networks\/(.+)\/(?:connect|disconnect)$/, joinNetwork],
  ['DELETE', /^\/networks\/(.+)$/, removeNetwork],
  ['POST', /^\/simulated\/play$/, playSteps],
  ['POST', /^\/simulated\/faults$/, setFaults],
]

export async function answer(deps: RouteDeps, call: Call): Promise<Answer> {
  for (const [method, pattern, handler] of ROUTES) {
    const found = method === call.method ? pattern.exec(call.path) : null
    if (found !== null) return handler(deps, call, decodeURIComponent(found[1] ?? ''))
  }
  throw new Problem(404, `page not found: ${call.method} ${call.path}`)
}

const versionJson = {
  Version: '20.10.0-simulated',
  ApiVersion: API_VERSION,
  MinAPIVersion: '1.12',
  Os: 'linux',
  Arch: 'amd64',
}

function infoJson({ store, engineId, hostName }: RouteDeps): object {
  return {
    ID: engineId,
    Name: hostName,
    OperatingSystem: 'Simulated engine',
    KernelVersion: '0',
    Architecture: 'x86_64',
    NCPU: 1,
    MemTotal: 0,
    Driver: 'simulated',
    LiveRestoreEnabled: false,
    ServerVersion: versionJson.Version,
    Containers: store.containers.length,
  }
}

function listContainers({ store, faults }: RouteDeps, { query }: Call): Answer {
  if (faults.emptyList) return ok([])
  const isAll = ['1', 'true', 'True'].includes(query.get('all') ?? '')
  return ok(store.containers.filter((it) => isAll || isAlive(it)).map(listedJson))
}

function createContainer({ lifecycle }: RouteDeps, { query, body }: Call): Answer {
  const request = CreateRequest.safeParse(body)
  if (!request.success) throw new Problem(400, z.prettifyError(request.error))
  const container = lifecycle.create(query.get('name') ?? undefined, request.data)
  return { status: 201, body: { Id: container.id, Warnings: [] } }
}

async function actOnContainer(deps: RouteDeps, call: Call, key: string): Promise<Answer> {
  const { lifecycle, store } = deps
  const { query } = call
  const grace = query.has('t') ? Number(query.get('t')) : undefined
  const wasAlive = isAlive(store.container(key))
  switch (call.path.slice(call.path.lastIndexOf('/') + 1)) {
    case 'start':
      await lifecycle.start(key)
      return { status: wasAlive ? 304 : 204 }
    case 'stop':
      await lifecycle.stop(key, grace)
      return { status: wasAlive ? 204 : 304 }
    case 'restart':
      await lifecycle.restart(key, grace)
      return { status: 204 }
    case 'kill':
      await lifecycle.kill(key, query.get('signal') ?? 'KILL')
      return { status: 204 }
    case 'pause':
      lifecycle.pause(key)
      return { status: 204 }
    case 'unpause':
      lifecycle.unpause(key)
      return { status: 204 }
    case 'rename':
      lifecycle.rename(key, query.get('name') ?? '')
      return { status: 204 }
    default:
      throw new Problem(501, `the simulated engine cannot do this: ${call.path}`)
  }
}

/** Says that it waits at once: a client starts the container only then. */
function waitForContainer({ store }: RouteDeps, { query }: Call, key: string): Answer {
  const condition = WaitCondition.parse(query.get('condition') || 'not-running')
  const later = exitOf(store, key, condition).then((code) => ({ StatusCode: code, Error: null }))
  return { status: 200, later }
}

/** No part of Docker's API: what a test asks of the simulation in another process. */
async function playSteps(deps: RouteDeps, { body }: Call): Promise<Answer> {
  return ok(await play(deps, Play.parse(body)))
}

function setFaults({ faults }: RouteDeps, { body }: Call): Answer {
  faults.hang = FaultsRequest.parse(body).hang ?? undefined
  return { status: 204 }
}

async function removeContainer({ lifecycle }: RouteDeps, call: Call, key: string): Promise<Answer> {
  await lifecycle.remove(key, ['1', 'true'].includes(call.query.get('force') ?? ''))
  return { status: 204 }
}

function listImages({ store, faults }: RouteDeps): Answer {
  return ok(faults.emptyList ? [] : store.images.all.map(listedImageJson))
}

/** Any image can be pulled: it appears with nothing in it. One that is brought along is imported. */
function pullImage({ store }: RouteDeps, { query, bytes }: Call): Answer {
  if (query.has('fromSrc')) {
    const reference = `${query.get('repo') ?? ''}:${query.get('tag') ?? 'latest'}`
    return ok({ status: store.images.import(reference, bytes).id })
  }
  const name = query.get('fromImage') ?? ''
  const tag = query.get('tag') ?? 'latest'
  if (name === '') throw new Problem(400, 'fromImage is missing')
  const reference = name.includes(':') ? name : `${name}:${tag}`
  store.images.add({ reference })
  store.tell('image', 'pull', reference, { name: reference })
  return ok({ status: `Status: Downloaded newer image for ${reference}` })
}

function tagImage({ store }: RouteDeps, { query }: Call, key: string): Answer {
  store.images.tag(key, `${query.get('repo') ?? ''}:${query.get('tag') ?? 'latest'}`)
  return { status: 201 }
}

function removeImage({ store }: RouteDeps, { query }: Call, key: string): Answer {
  return ok(store.images.remove(key, ['1', 'true'].includes(query.get('force') ?? '')))
}

function listVolumes({ store, faults }: RouteDeps): Answer {
  const all = faults.emptyList ? [] : store.volumes.all
  return ok({ Volumes: all.map(volumeJson), Warnings: null })
}

const VolumeRequest = z.object({
  Name: z.string().default(''),
  Labels: z.record(z.string(), z.string()).nullish(),
})

function createVolume({ store }: RouteDeps, { body }: Call): Answer {
  const { Name, Labels } = VolumeRequest.parse(body)
  return { status: 201, body: volumeJson(store.volumes.add(Name, Labels ?? {})) }
}

function removeVolume({ store }: RouteDeps, _: Call, key: string): Answer {
  store.volumes.remove(key)
  return { status: 204 }
}

const NetworkRequest = z.object({ Name: z.string().min(1) })
const JoinRequest = z.object({
  Container: z.string(),
  EndpointConfig: z.object({ Aliases: z.array(z.string()).nullish() }).nullish(),
})

function createNetwork({ store }: RouteDeps, { body }: Call): Answer {
  const network = store.addNetwork(NetworkRequest.parse(body).Name)
  return { status: 201, body: { Id: network.id, Warning: '' } }
}

function joinNetwork({ lifecycle }: RouteDeps, call: Call, key: string): Answer {
  const { Container: container, EndpointConfig } = JoinRequest.parse(call.body)
  if (call.path.endsWith('/connect')) {
    lifecycle.connect(key, container, EndpointConfig?.Aliases ?? [])
  } else lifecycle.disconnect(key, container)
  return { status: 200 }
}

function removeNetwork({ store }: RouteDeps, _: Call, key: string): Answer {
  store.removeNetwork(key)
  return { status: 204 }
}

function ok(body: unknown): Answer {
  return { status: 200, body }
}
