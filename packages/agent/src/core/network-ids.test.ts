import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Network } from '@roadstead/shared/protocol/host.ts'
import { aContainer } from '../testing.ts'
import { withNetworkIds } from './network-ids.ts'

const network = (id: string, name: string): Network => ({
  id,
  name,
  driver: 'bridge',
  scope: 'local',
  internal: false,
  subnets: [],
})
const networks = [network('id-of-bridge', 'bridge'), network('id-of-web', 'web')]
const idsOf = (...given: string[]) =>
  withNetworkIds(
    aContainer({
      attachments: given.map((networkId) => ({ network: networkId, networkId, aliases: [] })),
    }),
    networks,
  ).attachments.map(({ networkId }) => networkId)

test('a network that is told by its name gets its id, and the default one of Podman, too', () => {
  assert.deepEqual(idsOf('web', 'podman', 'id-of-web'), ['id-of-web', 'id-of-bridge', 'id-of-web'])
})

test('what is told by its id, or is not known, stays as it is', () => {
  assert.deepEqual(idsOf('id-of-bridge', 'elsewhere'), ['id-of-bridge', 'elsewhere'])
})
