import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { freePort, inTempFolder, webServer } from '../testing/bench.ts'
import { openNginx } from './open-nginx.ts'

test('an address that is not of this machine is a mistake in ROADSTEAD_HTTP_BIND', async () => {
  // Addresses for documentation; no machine has them.
  for (const httpBind of ['192.0.2.7', '2001:db8::7']) {
    await using folder = await inTempFolder()
    const where = { stateDir: folder.path, httpBind, httpPort: await freePort() }
    const opening = openNginx({
      ...where,
      nginx: undefined,
      path: '',
      tier: 'auto',
      digest,
      clock,
      log,
    })
    await assert.rejects(opening, (error) => {
      assert.ok(error instanceof RoadsteadError)
      assert.equal(error.code, 'bad-config')
      return error.message.includes('ROADSTEAD_HTTP_BIND') && error.message.includes(httpBind)
    })
  }
})

test('a port for TLS that somebody else has is told by its own variable', async () => {
  await using folder = await inTempFolder()
  await using other = await webServer('other')
  const where = { stateDir: folder.path, httpBind: '127.0.0.1', httpPort: await freePort() }
  const how = { nginx: undefined, path: '', tier: 'auto', digest, clock, log } as const
  const opening = openNginx({ ...where, ...how, httpsPort: other.port })
  await assert.rejects(opening, (error) => {
    assert.ok(error instanceof RoadsteadError)
    assert.deepEqual([error.code, error.facts['port']], ['port-busy', other.port])
    return error.message.includes('ROADSTEAD_HTTPS_PORT')
  })
})
