import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MappingValue, readMapping } from './mapping.ts'

/** As plain objects, or what was expected and where. */
function read(text: string): unknown {
  const found = readMapping(text)
  return found.kind === 'mapping' ? plain(found.mapping) : `${found.line}: ${found.expected}`
}

function plain(value: MappingValue): unknown {
  if (typeof value === 'string' || value === null) return value
  return Object.fromEntries([...value].map(([key, inner]) => [key, plain(inner)]))
}

const both = { 'a.x': { '/': { port: '80' }, '/b': { port: '81', dest: '/' } }, 'b.x': null }

test('JSON, YAML in blocks and YAML between braces say the same', () => {
  const block = `---
# the shop
a.x:
  "/":
    port: 80   # inside
  '/b':
      port: 81
      dest: "/"
b.x:
`
  assert.deepEqual(read(block), both)
  const json = { 'a.x': { '/': { port: 80 }, '/b': { port: 81, dest: '/' } }, 'b.x': null }
  // In JSON numbers are no texts; here they are, as they were written.
  assert.deepEqual(read(JSON.stringify(json)), both)
  assert.deepEqual(read(JSON.stringify(json, null, '\t')), both)
  assert.deepEqual(read('{a.x: {/: {port: 80}, /b: {port: 81, dest: /}}, b.x: ~}'), both)
  assert.deepEqual(read('a.x: {"/": {port: 80}, "/b": {"port":81,"dest":"\\/"}}\nb.x: null'), both)
})

test('what could grow, or mean something else, is refused', () => {
  const refused = [
    'a: &anchor\n  b: 1\nc: *anchor',
    'a: *anchor',
    '*.x: {}',
    '<<: {a: 1}\n? b',
    'a: !!str 1',
    'a: |\n  text',
    '- a\n- b',
    'a: [1, 2]',
    '{"a": [1]}',
    'a: b: c',
    'a:b',
    '{a:1}',
    'a: 1\na: 2',
    '{"a": 1, "a": 2}',
    'a:\n\tb: 1',
    'a:\n  b: 1\n c: 2',
    '  a: 1\nb: 2',
    '{"a": 1} b',
    '{"a": 1',
    '{"a": "b\\u0041"}',
    '"a: 1',
    'a: "b',
    'just text',
    '',
    '# only this',
    'a:\n b:\n  c:\n   d:\n    e: 1',
    '{a: {b: {c: {d: {e: 1}}}}}',
  ]
  for (const text of refused) assert.match(String(read(text)), /^\d+: /, text)
})

test('a problem is told with its line', () => {
  assert.equal(read('a:\n  b: 1\n  b: 2'), '3: each key only once')
  assert.equal(read('a:\n  - b'), '2: a key and a colon')
})

test('names that the language knows are ordinary keys', () => {
  const found = readMapping('__proto__:\n  constructor: 1')
  assert.ok(found.kind === 'mapping')
  assert.deepEqual([...found.mapping.keys()], ['__proto__'])
  assert.ok(found.mapping.get('__proto__') instanceof Map)
})
