/**
 * Our configuration of NATS in the image of somebody else's making: a container with published ports
 * instead of a process beside us. Real: the engine, the container, nats-server in it, our streams and
 * permissions, an agent's and a master's connection.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GenericContainer, Wait } from 'testcontainers'
import { createKey } from '@roadstead/bus/identity.ts'
import { ensureTopology } from '@roadstead/bus/nats/ensure-topology.ts'
import type { BusUser } from '@roadstead/bus/permissions.ts'
import { renderServerConfig, renderUsers } from '@roadstead/bus/server-config.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { systemRandom as random } from '@roadstead/shared/kernel/random.ts'
import { endRun } from '../../rig/end-run.ts'
import { Engine } from '../../rig/engine.ts'
import { natsImage, whoamiImage } from '../../rig/image/whoami.ts'
import { Lan } from '../../rig/lan.ts'
import { RunFolder } from '../../rig/run-folder.ts'

const PORT = 4222
const site = SiteId.parse('image')

test('a NATS from an image takes our configuration, our users and our streams', async (t) => {
  const folder = new RunFolder()
  t.after(() => endRun(folder.path))
  const lan = await Lan.make(folder)
  const host = await lan.plugIn()
  const engine = await Engine.start('image', host, folder, await whoamiImage())
  const image = await natsImage()
  await engine.load(image)
  process.env['DOCKER_HOST'] = `unix://${engine.socket}`
  process.env['TESTCONTAINERS_HOST_OVERRIDE'] = host.address
  // Its reaper is an image that would have to be fetched; the engine itself goes at the end.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true'

  const { seed, publicKey } = createKey()
  const users: BusUser[] = [{ role: 'provisioner', id: 'p', site, publicKey }]
  const config = renderServerConfig({
    serverName: 'n1',
    site,
    host: '0.0.0.0',
    port: PORT,
    storeDir: '/tmp/store',
    usersFile: 'users.conf',
  })
  await using container = await new GenericContainer(image.tag)
    .withCopyContentToContainer([
      { target: '/etc/nats/nats.conf', content: config },
      { target: '/etc/nats/users.conf', content: renderUsers(users) },
    ])
    .withCommand(['-c', '/etc/nats/nats.conf'])
    .withExposedPorts(PORT)
    .withWaitStrategy(Wait.forLogMessage(/Server is ready/))
    .start()

  const natsUrl = `nats://${container.getHost()}:${container.getMappedPort(PORT)}`
  const params = { site, id: 'p', seed, natsUrl, clock, random, log }
  await ensureTopology(params, AbortSignal.timeout(10_000))
  const stranger = { ...params, seed: createKey().seed }
  await assert.rejects(ensureTopology(stranger, AbortSignal.timeout(3_000)))
})
