import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exampleContainer, exampleId, exampleSnapshot, exampleStamp } from '../examples.ts'
import { foldAll } from './fold.ts'
import { emptyGraph } from './graph.ts'
import { resolveContainer } from './names.ts'

const { graph } = foldAll(emptyGraph, [
  exampleSnapshot(exampleStamp('alpha', 1), [
    exampleContainer(1, { name: '/web' }),
    exampleContainer(2, { name: 'db' }),
    exampleContainer(0xabc, { name: 'cache' }),
  ]),
  exampleSnapshot(exampleStamp('beta', 1), [exampleContainer(3, { name: '/web' })]),
])

function resolve(text: string): string {
  const named = resolveContainer(graph, text)
  if (named.kind === 'found') return `${named.placed.host.id}/${named.placed.container.name}`
  return named.kind === 'ambiguous' ? named.names.join(' | ') : 'none'
}

test('a container goes by its name, with or without the slash of the engine', () => {
  assert.equal(resolve('db'), 'alpha/db')
  assert.equal(resolve('/db'), 'alpha/db')
})

test('a name on two hosts needs the host, and both are named', () => {
  assert.equal(resolve('web'), 'alpha/web (000000000000) | beta/web (000000000000)')
  assert.equal(resolve('beta/web'), 'beta//web')
})

test('an id goes in full, or by a beginning that only one has', () => {
  assert.equal(resolve(exampleId(2)), 'alpha/db')
  assert.equal(resolve(exampleId(0xabc).slice(0, 62)), 'alpha/cache')
  assert.match(resolve('0000'), /\|/)
  assert.equal(resolve('0'), 'none', 'one digit fits every sixteenth')
  assert.equal(resolve('nothing'), 'none')
})
