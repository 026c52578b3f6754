import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HostFacts, Network } from '@roadstead/shared/protocol/host.ts'
import { InfoJson, NetworkJson, VersionJson } from './engine-json.ts'
import { toHostFacts, toNetworks } from './to-host.ts'

test('an engine that says little is still a host', () => {
  const version = { ...VersionJson.parse({}), spoken: '1.41' }
  const agent = { addresses: ['10.0.0.1', 'nonsense'], version: '1' }
  const facts = toHostFacts(InfoJson.parse({ Name: 'alpha', MemTotal: null }), version, agent)
  assert.deepEqual(HostFacts.parse(facts).addresses, ['10.0.0.1'])
})

test('networks come in one order, whatever the engine’s', () => {
  const raw = ['b', 'a'].map((Id) => NetworkJson.parse({ Id, IPAM: { Config: null } }))
  const networks = toNetworks(raw)
  assert.deepEqual(
    networks.map((it) => Network.parse(it).id),
    ['a', 'b'],
  )
})
