import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { eventually } from '../../../../test/rig/eventually.ts'
import { policyFile } from '../io/policy-file.ts'
import type { Master } from '../master.ts'
import { epochOf, SOON, startMaster, startNats } from '../testing/federation.ts'

const claims = (domain: string) => `claims:\n  - hosts: all\n    domains: [${domain}]\n`
const policyIn = (master: Master) => master.policyOffice.current()
const warningsOf = (master: Master) =>
  master.read
    .status()
    .warnings.map(({ what }) => what)
    .filter((what) => what.includes('policy file'))

test('the leader imports the file of its master, and a restart takes nothing back', async () => {
  await using nats = await startNats()
  using folder = inTempFolder()
  const text = path.join(folder.path, 'policy.yaml')
  const file = (master: string) => policyFile(text, folder.of(master))
  writeFileSync(text, claims('a.example.com'))
  await using other = await startMaster(nats, 'm2', undefined, file('m2'))
  await eventually('it leads', () => epochOf(other) === 1, SOON)

  await eventually('imported', () => policyIn(other)?.text === claims('a.example.com'), SOON)
  assert.equal(policyIn(other)?.by, 'policy file of m2')

  const byHand = { text: claims('b.example.com'), document: { claims: [] }, by: 'ann' }
  await other.policyOffice.apply({ ...byHand, instead: policyIn(other)?.digest })
  await other[Symbol.asyncDispose]()
  const again = await startMaster(nats, 'm1', undefined, file('m1'))
  await eventually('another leads', () => epochOf(again) === 2, SOON)
  await eventually('and knows it', () => policyIn(again)?.by === 'ann', SOON)
  await again[Symbol.asyncDispose]()

  writeFileSync(text, claims('c.example.com'))
  await using last = await startMaster(nats, 'm1', undefined, file('m1'))
  await eventually('it leads', () => epochOf(last) === 3, SOON)
  await eventually('new text counts', () => policyIn(last)?.text === claims('c.example.com'), SOON)
})

test('a file that is wrong or not there changes nothing, and is told by line', async () => {
  await using nats = await startNats()
  using folder = inTempFolder()
  const text = path.join(folder.path, 'policy.yaml')
  writeFileSync(text, 'claims:\n  - host: [a]\n    domains: [a.example.com]\n')
  await using master = await startMaster(nats, 'm1', undefined, policyFile(text, folder.path))

  await eventually('told', () => warningsOf(master).length === 1, SOON)

  assert.match(
    warningsOf(master)[0] ?? '',
    /policy\.yaml:2:5 claims\[0\]\.host .*Did you mean hosts/,
  )
  assert.equal(policyIn(master), undefined)
  const nowhere = policyFile(path.join(folder.path, 'nowhere'), folder.of('m2'))
  await using second = await startMaster(nats, 'm2', undefined, nowhere)
  await eventually('told', () => /cannot be read .ENOENT/.test(warningsOf(second)[0] ?? ''), SOON)
})

function inTempFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'roadstead-policy-'))
  return {
    path: folder,
    of: (master: string) => {
      const own = path.join(folder, master)
      mkdirSync(own, { recursive: true })
      return own
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  }
}
