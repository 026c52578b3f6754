import { sha256 } from '@roadstead/bus/sha256.ts'
import { ContainerId, HostId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import type { Cause } from '@roadstead/shared/protocol/observation.ts'
import { type EventJson, InspectJson } from './core/engine-json.ts'
import { Ledger } from './core/ledger.ts'
import { Outbox } from './core/outbox.ts'
import { StockBook } from './core/stock/stock-book.ts'
import { toContainer } from './core/to-container.ts'
import { AgentState } from './state.ts'

/** Parts for the tests of this package: real ones, with everything in them that a test leaves out. */
export const cause: Cause = { action: 'test', seenAtMs: 0 }
export const host = HostId.parse('h1')
export const STARTED_AT = '2026-01-02T03:04:05.678901234Z'

/** A container id out of one hexadecimal digit or more. */
export function idOf(digits: string): ContainerId {
  return ContainerId.parse(digits.padEnd(64, '0'))
}

export function shortHash(text: string): string {
  return sha256(text).slice(0, 16)
}

/** What an engine answers about a running container; `more` replaces whole sections. */
export function inspectJson(more: Readonly<Record<string, unknown>> = {}): InspectJson {
  return InspectJson.parse({
    Id: idOf('a'),
    Name: '/shop',
    Created: '2026-01-02T03:04:05Z',
    Image: 'sha256:1',
    State: { Status: 'running', Running: true, ExitCode: 0, StartedAt: STARTED_AT },
    Config: { Image: 'shop:2', Env: null, Labels: null },
    HostConfig: { NetworkMode: 'default' },
    NetworkSettings: { Networks: { bridge: { NetworkID: 'n1', IPAddress: '172.17.0.2' } } },
    ...more,
  })
}

export function aContainer(more: Partial<Container> = {}): Container {
  return { ...toContainer(inspectJson(), undefined, shortHash), ...more }
}

export function anEvent(more: Partial<EventJson> & { attributes?: Record<string, string> } = {}) {
  const { attributes = {}, ...rest } = more
  return {
    Type: 'container',
    Action: 'start',
    Actor: { ID: idOf('a'), Attributes: attributes },
    timeNano: '1767323045678901234',
    ...rest,
  }
}

export function aState(): AgentState {
  const who = { host, boot: 1, digest: sha256 }
  const parts = { ledger: new Ledger(who), book: new StockBook(who) }
  return new AgentState({ ...parts, outbox: new Outbox(), startedAt: '' })
}
