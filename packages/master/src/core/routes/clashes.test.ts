import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { exampleContainer } from '../examples.ts'
import { clashes, sayings } from './clashes.ts'
import { readLabels } from './labels.ts'
import { defaultPolicy } from './policy.ts'

/** Every pair of the table in labels, and what it is called. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['redirect=/x', 'auth=basic:team'],
  ['redirect=/x', 'limit=1r/s'],
  ['redirect=/x', 'scheme=https'],
  ['redirect=/x', 'canary=next 5%'],
  ['redirect=/x', 'strip-prefix=true'],
  ['redirect=/x', 'timeout=1s'],
  ['redirect=/x', 'buffering=false'],
  ['redirect=/x', 'body-size=1m'],
  ['strip-prefix=true', 'match=exact'],
  ['scheme=grpc', 'strip-prefix=true'],
  ['scheme=grpcs', 'buffering=true'],
  ['scheme=grpc', '.health.path=/up'],
  ['.sticky=address', '.backup=true'],
  ['.network=edge', '.address=published'],
  ['.balance=least-conn', '.sticky=address'],
  ['redirect=https', 'https=only'],
]

/** No label of ours says these. */
const OTHERS = new Set<string>(['users', 'add-prefix', 'replace-path'])

test('whatever cannot be had together is refused, and both labels are named', () => {
  for (const pair of PAIRS) {
    const labels = Object.fromEntries(pair.map(labelOf))
    const [refusal] = refusalsOf(labels)
    assert.equal(refusal?.reason, 'incompatible-keys', pair.join(' '))
    const { label, other } = refusal.details
    assert.deepEqual(new Set([label, other]), new Set(Object.keys(labels)))
  }
})

test('each of them alone is served', () => {
  for (const each of new Set(PAIRS.flat())) {
    assert.deepEqual(refusalsOf(Object.fromEntries([labelOf(each)])), [], each)
  }
})

test('every pair of the table is shown here', () => {
  const shown = PAIRS.map((pair) => pair.map((each) => each.replace(/^\.|=.*$/g, '')).join(' '))
  const table = [...clashes, ...sayings]
    .filter(({ keys }) => !keys.some((key) => OTHERS.has(key)))
    .map(({ keys }) => keys.join(' '))
  assert.deepEqual([...new Set(table)].sort(), [...new Set(shown)].sort())
})

function labelOf(text: string): readonly [string, string] {
  const [key = '', value = ''] = text.split('=')
  return [key.startsWith('.') ? `roadstead${key}` : `roadstead.http.r.${key}`, value]
}

function refusalsOf(labels: Record<string, string>) {
  const all = { 'roadstead.http.r.host': 'a.example', ...labels }
  return readLabels(exampleContainer(1, { labels: all }), defaultPolicy, sha256)?.refusals ?? []
}
