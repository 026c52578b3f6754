import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sha256 } from '@roadstead/bus/sha256.ts'
import {
  allEntries,
  changeEntries,
  entryChanges,
  liveGeneration,
  liveText,
  noEntries,
  readLiveText,
} from './entries.ts'

const key = fc.integer({ min: 0, max: 40 }).map((number) => `d:s${number}.test`)
const value = fc.constantFrom('', '^ / u_0000000000000001', '127.0.0.1:1,w=2 127.0.0.1:2,b')
const changes = fc.array(fc.tuple(key, fc.option(value, { nil: undefined })), { maxLength: 60 })

function applied(all: readonly (readonly [string, string | undefined])[]): Map<string, string> {
  const map = new Map<string, string>()
  for (const [name, text] of all) {
    if (text === undefined) map.delete(name)
    else map.set(name, text)
  }
  return map
}

test('changes give what a plain map gives, and the name tells nothing of the way there', () => {
  fc.assert(
    fc.property(changes, changes, (first, second) => {
      const set = changeEntries(changeEntries(noEntries, first), second)
      const plain = applied([...first, ...second])
      assert.deepEqual(new Map(allEntries(set)), plain)
      assert.equal(set.count, plain.size)
      const anew = changeEntries(noEntries, plain)
      assert.equal(liveGeneration(set, sha256), liveGeneration(anew, sha256))
      assert.deepEqual(entryChanges(set, anew), [])
    }),
  )
})

test('sets that differ anywhere have other names', () => {
  fc.assert(
    fc.property(changes, key, value, (first, name, text) => {
      const set = changeEntries(noEntries, first)
      const other = changeEntries(set, [[name, `${text}x`]])
      assert.notEqual(liveGeneration(set, sha256), liveGeneration(other, sha256))
      assert.equal(entryChanges(set, other).length, 1)
    }),
  )
})

test('what is written for a start is read back, and a text cut or changed anywhere is not', () => {
  const set = changeEntries(noEntries, [
    ['s:u_0000000000000001', ''],
    ['s:u_0000000000000002', 'b=lc 10.0.0.1:80'],
    ['d:a.test', '^ / u_0000000000000001'],
  ])
  const text = liveText(set, sha256)
  assert.equal(readLiveText(text, sha256)?.generation, liveGeneration(set, sha256))
  assert.deepEqual(readLiveText(liveText(noEntries, sha256), sha256)?.set.count, 0)
  for (let at = 0; at < text.length; at += 1) {
    assert.equal(readLiveText(text.slice(0, at), sha256), undefined, `cut at ${at}`)
    const other = text[at] === 'x' ? 'y' : 'x'
    const edited = text.slice(0, at) + other + text.slice(at + 1)
    assert.equal(readLiveText(edited, sha256), undefined, `changed at ${at}`)
  }
})
