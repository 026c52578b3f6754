import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { plainTable } from '../../testing/tables.ts'
import { plainView } from '../own-view.ts'
import { seal, unseal } from './envelope.ts'
import { render } from './render.ts'

const settings = { listen: '127.0.0.1:8080', port: 8080, tier: 'reload', digest: sha256 } as const
const { body } = render(plainTable(3), plainView, settings)

test('a sealed text gives its generation, which is the hash of its body', () => {
  const sealed = seal(body, sha256)
  assert.equal(unseal(sealed.text, sha256), sealed.generation)
  assert.equal(sealed.generation, sha256(body).slice(0, 16))
  assert.equal(unseal(seal('', sha256).text, sha256), seal('', sha256).generation)
})

test('a file that was cut at any byte is recognised', () => {
  const { text } = seal(body, sha256)
  for (let cut = 0; cut < text.length; cut += 1) {
    assert.equal(unseal(text.slice(0, cut), sha256), undefined, `cut at ${cut}`)
  }
})

test('a file with any one character changed is recognised', () => {
  const { text } = seal(body, sha256)
  for (let at = 0; at < text.length; at += 1) {
    const other = text[at] === 'x' ? 'y' : 'x'
    const edited = text.slice(0, at) + other + text.slice(at + 1)
    assert.equal(unseal(edited, sha256), undefined, `changed at ${at}`)
  }
})
