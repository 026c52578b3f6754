import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContainerId } from '@roadstead/shared/kernel/ids.ts'
import type { Container } from '@roadstead/shared/protocol/container.ts'
import fc from 'fast-check'
import { exampleAttachment, exampleContainer, exampleId } from '../examples.ts'
import { changeReused, noneReused, reusedOn } from './reused.ts'

const started = (number: number, startedAt: string, changes: Partial<Container> = {}): Container =>
  exampleContainer(number, { startedAt, attachments: [exampleAttachment(1)], ...changes })

const publishing = (number: number, startedAt: string, address: string): Container =>
  exampleContainer(number, {
    startedAt,
    ports: [{ port: 80, protocol: 'tcp', exposed: true, published: [{ address, port: 8_080 }] }],
  })

/** Who lost what to whom. */
function lost(...containers: readonly Container[]): readonly string[] {
  return [...reusedOn(new Map(containers.map((each) => [each.id, each])))]
    .map(([id, { address, by }]) => `c${Number.parseInt(id, 16)} ${address} to ${by}`)
    .sort()
}

test('the one that started later has the address', () => {
  const [old, young] = [started(1, '2026-01-01T00:00:01Z'), started(2, '2026-01-01T00:00:02Z')]
  assert.deepEqual(lost(old, young), ['c1 172.17.0.1 to c2'])
  assert.deepEqual(lost(young, old), ['c1 172.17.0.1 to c2'])
})

test('fractions of a second count, with and without their zeros', () => {
  for (const [earlier, later] of [
    ['01Z', '01.5Z'],
    ['01.4Z', '01.45Z'],
    ['01.45Z', '01.5Z'],
  ] as const) {
    const [a, b] = [
      started(1, `2026-01-01T00:00:${earlier}`),
      started(2, `2026-01-01T00:00:${later}`),
    ]
    assert.deepEqual(lost(a, b), ['c1 172.17.0.1 to c2'], `${earlier} ${later}`)
  }
})

test('equal times prove nothing, and who is down has nothing to lose or to take', () => {
  const at = '2026-01-01T00:00:01Z'
  assert.deepEqual(lost(started(1, at), started(2, at)), [])
  const down = started(2, '2026-01-01T00:00:02Z', { state: 'exited' })
  assert.deepEqual(lost(started(1, at), down), [])
})

test('the same address in another network is another address', () => {
  const other = { ...exampleAttachment(1), networkId: 'net-other' }
  const [a, b] = ['2026-01-01T00:00:01Z', '2026-01-01T00:00:02Z'] as const
  assert.deepEqual(lost(started(1, a), started(2, b, { attachments: [other] })), [])
})

test('a published port is taken by whoever binds it on that address, or on all', () => {
  const [a, b] = ['2026-01-01T00:00:01Z', '2026-01-01T00:00:02Z'] as const
  const on = (first: string, second: string) =>
    lost(publishing(1, a, first), publishing(2, b, second))
  assert.deepEqual(on('192.0.2.1', '192.0.2.1'), ['c1 192.0.2.1 to c2'])
  assert.deepEqual(on('0.0.0.0', '192.0.2.1'), ['c1 0.0.0.0 to c2'])
  assert.deepEqual(on('192.0.2.2', '192.0.2.1'), [])
  assert.deepEqual(on('::', '192.0.2.1'), [])
})

const container = fc
  .record({
    number: fc.integer({ min: 1, max: 6 }),
    start: fc.integer({ min: 1, max: 3 }),
    address: fc.integer({ min: 1, max: 8 }),
    state: fc.constantFrom('running' as const, 'running' as const, 'exited' as const),
  })
  .map(({ number, start, address, state }) =>
    exampleContainer(number, {
      state,
      startedAt: `2026-01-01T00:00:0${start}Z`,
      attachments: [exampleAttachment(address)],
    }),
  )

test('told one by one, the list is the same as told at once', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(container, fc.integer({ min: 1, max: 6 }))), (history) => {
      let containers: ReadonlyMap<ContainerId, Container> = new Map()
      let reused = noneReused
      const gone = new Set<ContainerId>()
      for (const each of history) {
        const next = new Map(containers)
        const id = typeof each === 'number' ? exampleId(each) : each.id
        if (typeof each === 'number') next.delete(id)
        else next.set(id, each)
        containers = next
        // As after a burst: among those that may have changed are some that are gone by now.
        const ids = new Set([id, ...gone])
        reused = changeReused(reused, containers, ids)
        if (typeof each === 'number') gone.add(id)
        assert.deepEqual(reused, reusedOn(containers))
      }
    }),
  )
})
