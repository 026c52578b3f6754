import { mkdtemp, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { seal } from '@roadstead/edge/core/nginx/envelope.ts'
import { readPid } from '@roadstead/edge/io/nginx.ts'
import { openNginx } from '@roadstead/edge/io/open-nginx.ts'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { eventually } from '../rig/eventually.ts'
import { FakeNginx } from '../rig/fake-nginx.ts'
import { freePorts } from '../rig/free-ports.ts'
import { liveNginxContract, nginxContract, type NginxUnderContract } from './nginx.contract.ts'

nginxContract('nginx', () => openReal('reload'))
nginxContract('fake nginx', () => openFake('reload'))
liveNginxContract('live nginx', async () => withLive(await openReal('auto')))
liveNginxContract('fake live nginx', async () => withLive(await openFake('live')))

function withLive(it: NginxUnderContract) {
  const { live } = it
  if (live === undefined) throw new Error('this nginx has no memory for entries')
  return { ...it, live, [Symbol.asyncDispose]: () => it[Symbol.asyncDispose]() }
}

async function openReal(tier: 'auto' | 'reload'): Promise<NginxUnderContract> {
  const stateDir = await mkdtemp(join(tmpdir(), 'roadstead-nginx-'))
  const [httpPort = 0] = await freePorts(1)
  const where = { stateDir, httpBind: '127.0.0.1', httpPort, path: '' }
  const opened = await openNginx({ ...where, nginx: undefined, tier, digest, clock, log })
  const { nginx, files, live } = opened
  return {
    nginx,
    files,
    live,
    async kill() {
      process.kill((await readPid(files.folder)) ?? 0, 'SIGTERM')
      const gone = async () => !nginx.running() && (await nginx.generation()) === undefined
      await eventually('nginx is gone', gone, { withinMs: 15_000 })
    },
    async damage() {
      const path = join(files.folder, 'routes.conf')
      await truncate(path, Math.floor((await stat(path)).size / 2))
    },
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]()
      await rm(stateDir, { recursive: true, force: true })
    },
  }
}

function openFake(tier: 'live' | 'reload'): Promise<NginxUnderContract> {
  const fake = new FakeNginx(seal('', digest).text, clock, tier)
  return Promise.resolve({
    nginx: fake,
    files: fake,
    live: fake.live,
    kill: () => fake.kill(),
    damage: () => fake.damage(),
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  })
}
