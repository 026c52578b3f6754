import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock as clock } from '@roadstead/shared/kernel/clock.ts'
import { SiteId } from '@roadstead/shared/kernel/ids.ts'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import type { EventEnvelope } from '@roadstead/shared/protocol/observation.ts'
import { toEnvelope } from '../core/envelope.ts'
import { cause, host, idOf } from '../testing.ts'
import { Spool } from './spool.ts'

const deps = { clock, log }

function event(seq: number): EventEnvelope {
  const stamp = { host, boot: 1, seq }
  const data = { kind: 'container-gone', stamp, containerId: idOf('a'), name: '', cause } as const
  return toEnvelope([data], { site: SiteId.parse('s1'), time: '', replay: true })
}

function folder(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'roadstead-spool-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
}

const seqs = (spool: Spool): number[] =>
  (spool.oldest()?.events ?? []).map((it) => it.data.stamp.seq)

test('what is kept back comes out in order, also in the next life', () => {
  using directory = folder()
  {
    using spool = new Spool(directory.path, deps)
    spool.append([event(1), event(2)])
  }
  using spool = new Spool(directory.path, deps)
  assert.equal(spool.length, 2)
  assert.deepEqual(seqs(spool), [1, 2])
  spool.append([event(3)])
  spool.oldest()?.forget()
  assert.deepEqual(seqs(spool), [3])
  spool.oldest()?.forget()
  assert.equal(spool.oldest(), undefined)
  assert.equal(spool.length, 0)
})

test('a torn line ends a file and harms no other', () => {
  using directory = folder()
  using spool = new Spool(directory.path, deps)
  spool.append([event(1)])
  const [name = ''] = readdirSync(directory.path)
  appendFileSync(join(directory.path, name), '{"specversion":"1.')
  assert.deepEqual(seqs(spool), [1])
  spool.append([event(2)])
  spool.oldest()?.forget()
  assert.deepEqual(seqs(spool), [2])
})

test('without a disk the newest thousand stay in memory (I12)', () => {
  using directory = folder()
  using spool = new Spool(directory.path, deps)
  rmSync(directory.path, { recursive: true })
  spool.append(Array.from({ length: 1_010 }, (_, index) => event(index + 1)))
  assert.equal(spool.length, 1_000)
  assert.equal(seqs(spool)[0], 11)
  spool.oldest()?.forget()
  assert.equal(spool.length, 0)
})
