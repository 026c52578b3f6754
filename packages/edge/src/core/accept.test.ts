import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EdgeId, InstanceId, SiteId } from '@roadstead/shared/kernel/ids.ts'
import { accept, type Fence } from './accept.ts'

const self = { site: SiteId.parse('home'), edge: EdgeId.parse('e1') }
const a = InstanceId.parse('a')
const b = InstanceId.parse('b')
const offered = (epoch: number, version: number, instance = a) => ({
  ...self,
  epoch,
  version,
  instance,
})
const fence: Fence = { epochMax: 5, stamp: { epoch: 5, version: 7, instance: a } }

const cases = [
  ['a new edge takes any table', { epochMax: 0 }, offered(1, 1), 'accepted'],
  ['a newer version is taken', fence, offered(5, 8), 'accepted'],
  ['a newer epoch is taken, whatever its version', fence, offered(6, 1, b), 'accepted'],
  ['the same table is known', fence, offered(5, 7), 'same'],
  ['a late version is refused', fence, offered(5, 6), 'old-version'],
  [
    'a table of a replaced leader is refused, whatever its version',
    fence,
    offered(4, 99),
    'old-epoch',
  ],
  ['two instances never share an epoch', fence, offered(5, 8, b), 'second-instance'],
  ['not even for the same version', fence, offered(5, 7, b), 'second-instance'],
  ['an epoch floor without a table still counts', { epochMax: 9 }, offered(8, 1), 'old-epoch'],
  [
    "another edge's table is refused",
    fence,
    { ...offered(6, 1), edge: EdgeId.parse('e2') },
    'wrong-edge',
  ],
  [
    "another site's table is refused",
    fence,
    { ...offered(6, 1), site: SiteId.parse('x') },
    'wrong-edge',
  ],
] as const

for (const [name, held, offer, expected] of cases) {
  test(name, () => {
    const answer = accept(self, held, offer)
    assert.equal(answer.kind === 'refused' ? answer.reason : answer.kind, expected)
  })
}

test('what was accepted becomes the fence (I6)', () => {
  const answer = accept(self, fence, offered(6, 2, b))
  assert.deepEqual(answer.kind === 'accepted' && answer.fence, {
    epochMax: 6,
    stamp: { epoch: 6, version: 2, instance: b },
  })
})
