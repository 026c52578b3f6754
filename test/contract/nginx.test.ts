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
import { nginxContract, type NginxUnderContract } from './nginx.contract.ts'

nginxContract('nginx', openReal)
nginxContract('fake nginx', openFake)

async function openReal(): Promise<NginxUnderContract> {
  const stateDir = await mkdtemp(join(tmpdir(), 'roadstead-nginx-'))
  const [httpPort = 0] = await freePorts(1)
  const where = { stateDir, httpBind: '127.0.0.1', httpPort, path: '' }
  const opened = await openNginx({ ...where, nginx: undefined, digest, clock, log })
  const { nginx, files } = opened
  return {
    nginx,
    files,
    async kill() {
      process.kill((await readPid(files.folder)) ?? 0, 'SIGTERM')
      const gone = async () => !nginx.running() && (await nginx.generation()) === undefined
      await eventually('nginx is gone', gone, { withinMs: 5_000 })
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

function openFake(): Promise<NginxUnderContract> {
  const fake = new FakeNginx(seal('', digest).text, clock)
  return Promise.resolve({
    nginx: fake,
    files: fake,
    kill: () => fake.kill(),
    damage: () => fake.damage(),
    [Symbol.asyncDispose]: () => fake[Symbol.asyncDispose](),
  })
}
