import type { z } from 'zod'
import { EventView } from '@roadstead/shared/protocol/http-events.ts'
import {
  ContainerView,
  EdgeView,
  HostView,
  LeaderView,
  listOf,
  RouteView,
  RunView,
  ServiceView,
} from '@roadstead/shared/protocol/http.ts'

const ANSWER_MS_MAX = 3_000

/** What to drain, as people name it: `host/container`, or a host. */
type Target = { readonly container: string } | { readonly host: string }

/** The public API of one master, as a script of an operator would use it. */
export class Api {
  readonly url: string
  readonly #token: string

  constructor(url: string, token: string) {
    this.url = url
    this.#token = token
  }

  leader = (): Promise<LeaderView> => this.get('/api/v1/leader', LeaderView)
  hosts = (): Promise<HostView[]> => this.#list('hosts', HostView)
  routes = (): Promise<RouteView[]> => this.#list('routes', RouteView)
  services = (): Promise<ServiceView[]> => this.#list('services', ServiceView)
  edges = (): Promise<EdgeView[]> => this.#list('edges', EdgeView)
  events = (): Promise<EventView[]> => this.#list('events', EventView)
  runs = (): Promise<RunView[]> => this.#list('runs', RunView)
  run = (id: string): Promise<RunView> => this.get(`/api/v1/runs/${id}`, RunView)
  containers = (): Promise<ContainerView[]> => this.#list('containers', ContainerView)

  /** As a scraper reads it. */
  async metrics(): Promise<string> {
    const signal = AbortSignal.timeout(ANSWER_MS_MAX)
    const headers = { authorization: `Bearer ${this.#token}` }
    return (await fetch(new URL('/metrics', this.url), { headers, signal })).text()
  }

  async get<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.output<Schema>> {
    return schema.parse(await this.call('GET', path))
  }

  async drain(what: Target): Promise<RunView> {
    return RunView.parse(await this.call('POST', '/api/v1/drain', what))
  }

  async undrain(what: Target): Promise<RunView> {
    return RunView.parse(await this.call('POST', '/api/v1/undrain', what))
  }

  async restart(container: string): Promise<RunView> {
    return RunView.parse(await this.call('POST', '/api/v1/restart', { container }))
  }

  async rollout(service: string, atOnce = 1): Promise<RunView> {
    return RunView.parse(await this.call('POST', '/api/v1/rollout', { service, atOnce }))
  }

  /** @throws Error with the status and the problem that the master gave */
  async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(new URL(path, this.url), {
      method,
      headers: { authorization: `Bearer ${this.#token}`, ...(body !== undefined && JSON_BODY) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(ANSWER_MS_MAX),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 500)}`)
    return text === '' ? undefined : JSON.parse(text)
  }

  async #list<Item extends z.ZodType>(name: string, item: Item): Promise<z.output<Item>[]> {
    const { items } = await this.get(`/api/v1/${name}`, listOf(item))
    return items
  }
}

const JSON_BODY = { 'content-type': 'application/json' }
