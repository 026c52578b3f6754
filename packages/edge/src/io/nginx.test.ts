import assert from 'node:assert/strict'
import process from 'node:process'
import { test } from 'node:test'
import { eventually, webServer } from '../testing/bench.ts'
import { LiveBench } from '../testing/live-bench.ts'
import { readPid } from './nginx.ts'

test('when only its master is killed, another nginx starts before the orphans stop to listen', async () => {
  await using web = await webServer('web')
  const entries = `d:a.test ^ / u_a\ns:u_a 127.0.0.1:${web.port}\n`
  await using bench = await LiveBench.start({ liveFile: `${entries}# 2 ${'0'.repeat(16)}\n` })
  const seen = new Map<string, number>()
  let isOver = false
  const visitors = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      const answer = await bench.get('a.test').then(
        ({ status }) => String(status),
        (error: unknown) => String(error instanceof Error && 'code' in error && error.code),
      )
      seen.set(answer, (seen.get(answer) ?? 0) + 1)
    }
  })
  for (let round = 0; round < 3; round += 1) {
    const before = seen.get('200') ?? 0
    await eventually(() => (seen.get('200') ?? 0) > before + 100)
    const master = await readPid(bench.folder)
    assert.ok(master !== undefined)
    process.kill(master, 'SIGKILL')
    await eventually(() => !bench.nginx.running())
    assert.deepEqual(await bench.nginx.start(true), { kind: 'started' })
  }
  isOver = true
  await Promise.all(visitors)
  // Who was about to be let in when an orphan closed its door is reset; nobody is refused.
  const { ECONNRESET: reset = 0, ...others } = Object.fromEntries(seen)
  assert.deepEqual(Object.keys(others), ['200'])
  assert.ok(reset <= 12, `${reset} reset of ${others['200']}`)
})
