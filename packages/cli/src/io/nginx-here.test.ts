import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { nginxHere } from './nginx-here.ts'

test('whether nginx has its modules is looked up where this nginx looks for modules', async () => {
  await using dir = tempDir()
  const modules = path.join(dir.path, 'modules')
  const program = path.join(dir.path, 'nginx')

  assert.deepEqual(nginxHere(dir.path), { kind: 'none' })

  const says = `echo "configure arguments: --prefix=/x --modules-path=${modules} --with-threads" >&2`
  fs.writeFileSync(program, `#!/bin/sh\n${says}\n`, { mode: 0o755 })
  assert.deepEqual(nginxHere(dir.path), { kind: 'without-lua', program, hasStreams: false })

  fs.mkdirSync(modules)
  const module = path.join(modules, 'ngx_http_lua_module.so')
  fs.writeFileSync(module, '')
  assert.deepEqual(nginxHere(dir.path), { kind: 'with-lua', program, module, hasStreams: false })

  fs.writeFileSync(path.join(modules, 'ngx_stream_module.so'), '')
  assert.deepEqual(nginxHere(dir.path), { kind: 'with-lua', program, module, hasStreams: true })
})

function tempDir() {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roadstead-cli-'))
  return {
    path: dir,
    [Symbol.asyncDispose]: async () => fs.rmSync(dir, { recursive: true, force: true }),
  }
}
