import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { claim } from './claim.ts'
import { freePair, freePorts } from './free-ports.ts'

const elsewhere = (what: string): string => {
  const { href } = new URL('claim.ts', import.meta.url)
  const program = `import { claim } from '${href}'; console.log(await claim('${what}'))`
  const argv = ['--input-type=module-typescript', '--no-warnings', '-e', program]
  return execFileSync(process.execPath, argv, { encoding: 'utf8' }).trim()
}

test('what one process has claimed is refused to others, and free when it has ended', async () => {
  const what = `a test of ${process.pid}`
  assert.equal(elsewhere(what), 'true')
  assert.equal(await claim(what), true)
  assert.equal(elsewhere(what), 'false')
})

test('no port is given twice', async () => {
  const ports = await freePorts(250)
  const first = await freePair()
  assert.equal(new Set([...ports, first, first + 1]).size, 252)
})
