import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeEnvironment } from '@roadstead/agent/core/environment.ts'
import { virtualHostKeys } from '@roadstead/master/core/routes/dialects/nginx-proxy/virtual-host-keys.ts'

test('every variable that masters read leaves its host, and a secret does not', () => {
  const read = virtualHostKeys.filter(({ state }) => state === 'works').map(({ key }) => key)
  const env = [...read, 'PASSWORD'].map((name) => `${name}=value of ${name}`)
  const { routingEnvironment } = describeEnvironment(env, [], () => '0123456789abcdef')
  const expected = read.toSorted().map((name) => [name, `value of ${name}`])
  assert.deepEqual(routingEnvironment, Object.fromEntries(expected))
})
