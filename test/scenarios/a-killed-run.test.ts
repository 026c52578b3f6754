/**
 * A test run that is killed leaves processes, containers, mounts and network namespaces; the sweep
 * removes them. Real: a child process that starts an engine with a container in a namespace, and is
 * killed while it runs.
 */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { holdersOf, mountsBelow } from '../rig/proc.ts'
import { tracesOf } from '../rig/run-folder.ts'

test('the sweep removes what a killed run left behind', async () => {
  const child = spawn(
    process.execPath,
    [new URL('../rig/leave-behind.ts', import.meta.url).pathname],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  const folder = said.toString().trim()
  child.kill('SIGKILL')
  await once(child, 'exit')

  const namespaces = tracesOf(folder).flatMap((it) => (it.kind === 'namespace' ? [it.name] : []))
  assert.equal(namespaces.length, 2)
  assert.ok(holdersOf(folder).length >= 3)
  assert.ok(mountsBelow(folder).length >= 1)

  execFileSync(process.execPath, [new URL('../rig/sweep.ts', import.meta.url).pathname])
  assert.deepEqual(holdersOf(folder), [])
  assert.deepEqual(mountsBelow(folder), [])
  assert.ok(!existsSync(folder))
  for (const name of namespaces) assert.ok(!existsSync(`/run/netns/${name}`), name)
  assert.ok(!readFileSync('/proc/net/dev', 'utf8').includes(namespaces[0]?.slice(0, 8) ?? ''))
})
