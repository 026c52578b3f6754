import assert from 'node:assert/strict'
import { test } from 'node:test'
import { streamKey } from '@roadstead/shared/protocol/route-key.ts'
import { endpoint, ofStreams, stream, table } from '../../testing/tables.ts'
import { endpointKey } from '../table.ts'
import { circlesOf } from './circles.ts'

const isOwn = (address: string) => address === '192.0.2.9'
const own = endpoint(6_000, 'alpha', '192.0.2.9')
const other = endpoint(6_000, 'beta', '192.0.2.10')

test('an endpoint that is a port of the edge itself gets no connection', () => {
  const services = [ofStreams('tcp', 'a', own, other), ofStreams('tcp', 'b', own)]
  const streams = [stream('tcp', 5_432, 'a'), stream('tcp', 6_000, 'b')]
  const { endpoints, troubles } = circlesOf(table(services, [], streams), isOwn)
  const keys = services.map(({ id }) => endpointKey(id, own))
  assert.deepEqual([...endpoints].sort(), keys.sort())
  assert.deepEqual([...troubles.keys()], [streamKey(stream('tcp', 6_000, 'b'))])
})

test('the same port of another protocol, or one that no stream has, is a container like any', () => {
  const udp = table([ofStreams('udp', 'a', own)], [], [stream('udp', 5_432, 'a')])
  assert.equal(circlesOf(udp, isOwn).endpoints.size, 0)
  const apart = table(
    [ofStreams('tcp', 'a', own), ofStreams('udp', 'b', other)],
    [],
    [stream('tcp', 5_432, 'a'), stream('udp', 6_000, 'b')],
  )
  assert.equal(circlesOf(apart, isOwn).endpoints.size, 0)
})
