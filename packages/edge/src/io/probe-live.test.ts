import assert from 'node:assert/strict'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { inTempFolder } from '../testing/bench.ts'
import { findNginx, type NginxBinary } from './nginx-binary.ts'
import { probeLive } from './probe-live.ts'

test('nginx with its Lua module runs the live tier', async () => {
  await using folder = await inTempFolder()
  const binary = await findNginx(undefined, '')
  assert.equal((await probeLive(binary, folder.path)).kind, 'live')
})

test('without the module, the reason names what to install', async () => {
  await using folder = await inTempFolder()
  const found = await findNginx(undefined, '')
  const features = { ...found.features, modulesPath: folder.path }
  assert.deepEqual(await probeLive({ ...found, features }, folder.path), {
    kind: 'reload',
    reason: 'nginx has no Lua module: apt-get install libnginx-mod-http-lua',
  })
})

const refusals = [
  [
    "nginx: [error] init_by_lua error: module 'ngx.balancer' not found",
    'the Lua module of nginx lacks its libraries: apt-get install lua-resty-core',
  ],
  [
    'nginx: [emerg] module "/m/ngx_http_lua_module.so" version 1022001 instead of 1024000 in x:4',
    'the Lua module was built for another nginx: install both from one place',
  ],
  [
    'nginx: [emerg] something else in /x/probe-0.conf:4',
    'nginx cannot run the live tier: something else in /x/probe-0.conf:4',
  ],
] as const

for (const [said, reason] of refusals) {
  test(`what nginx says becomes: ${reason}`, async () => {
    await using folder = await inTempFolder()
    const binary = await sayer(folder.path, said)
    assert.deepEqual(await probeLive(binary, folder.path), { kind: 'reload', reason })
  })
}

/** A program that refuses whatever it is given. */
async function sayer(folder: string, text: string): Promise<NginxBinary> {
  const path = join(folder, 'refuses')
  await writeFile(path, `#!/bin/sh\ncat >&2 <<'END'\n${text}\nEND\nexit 1\n`)
  await chmod(path, 0o755)
  const { features } = await findNginx(undefined, '')
  return { path, features }
}
