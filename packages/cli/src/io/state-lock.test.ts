import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { lockStateDir } from './state-lock.ts'

const FILE = path.join(import.meta.dirname, 'state-lock.ts')

test('a second holder is refused and told who the first is, until that one is killed', async () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roadstead-lock-'))
  await using _dir = { [Symbol.asyncDispose]: async () => fs.rmSync(dir, { recursive: true }) }
  const holder = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { lockStateDir } from ${JSON.stringify(FILE)}
       globalThis.lock = lockStateDir(${JSON.stringify(dir)})
       console.log('held'); setInterval(() => {}, 1000)`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  await once(holder.stdout, 'data')

  assert.throws(() => lockStateDir(dir), {
    code: 'state-locked',
    facts: { dir, pid: String(holder.pid) },
  })

  holder.kill('SIGKILL')
  await once(holder, 'exit')
  lockStateDir(dir)[Symbol.dispose]()
})
