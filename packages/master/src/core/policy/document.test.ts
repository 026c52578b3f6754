import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { PolicyDocument } from './document.ts'
import { keysAt, policyKeys } from './policy-keys.ts'
import { readDocument } from './problems.ts'

test('the table of keys and the schema have the same keys', () => {
  const table = policyKeys.map(({ key }) => key).sort()
  const parents = [
    'dialects',
    'defaults',
    'limits',
    'unlabelled',
    'dialects.hosts',
    'limits.hosts',
    'dialects.entry-points',
  ]
  const inSchema = keysOf(PolicyDocument, '').filter(
    (key) => !parents.includes(key) && key !== 'limits.hosts.<host>' && key !== 'claims[]',
  )
  assert.deepEqual(inSchema.sort(), table)
})

test('advice on a key names those that stand beside it', () => {
  assert.deepEqual(keysAt([]), ['claims', 'dialects', 'defaults', 'limits', 'unlabelled'])
  assert.deepEqual(keysAt(['claims', 3]), ['hosts', 'projects', 'domains', 'ports'])
  assert.ok(keysAt(['limits']).includes('hosts'))
  assert.ok(keysAt(['limits', 'hosts', 'a.b']).includes('routes'))
  assert.ok(keysAt(['dialects']).includes('entry-points'))
})

test('values mean what the same words mean in a label', () => {
  const reading = readDocument({
    defaults: {
      'body-size': '64m',
      timeout: '2m',
      limit: '20r/s',
      https: 'redirect',
      hsts: '365d',
    },
  })
  assert.ok(reading.kind === 'read')
  assert.deepEqual(reading.document.defaults, {
    'body-size': 64 * 1024 ** 2,
    timeout: 120_000,
    limit: { requests: 20, per: 'second', burst: 20 },
    https: 'redirect',
    hsts: { maxAgeS: 365 * 86_400, preload: false, subdomains: false },
  })
})

/** Every key of a schema, in the words of the table. */
function keysOf(schema: z.core.$ZodType, at: string): string[] {
  if (schema instanceof z.ZodOptional) return keysOf(schema.unwrap(), at)
  const own = at === '' ? [] : [at]
  if (schema instanceof z.ZodObject) {
    const inside = Object.entries<z.core.$ZodType>(schema.shape)
    return [
      ...own,
      ...inside.flatMap(([key, value]) => keysOf(value, at === '' ? key : `${at}.${key}`)),
    ]
  }
  if (schema instanceof z.ZodRecord) {
    const name = at.endsWith('.hosts') ? '<host>' : '<name>'
    return [...own, ...keysOf(schema.valueType, `${at}.${name}`)]
  }
  if (schema instanceof z.ZodArray && schema.element instanceof z.ZodObject) {
    return [...own, ...keysOf(schema.element, `${at}[]`)]
  }
  return own
}
