import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ImportFacts, planImport } from './plan-import.ts'

const fresh: ImportFacts = {
  leads: true,
  file: 'one',
  inForce: undefined,
  imported: undefined,
  taken: undefined,
}

test('a file that is new is imported by the leader, and by nobody else', () => {
  assert.equal(planImport(fresh), 'import')
  assert.equal(planImport({ ...fresh, inForce: 'other' }), 'import')
  assert.equal(planImport({ ...fresh, leads: false }), 'none')
})

test('what the site has already is remembered, on every master', () => {
  for (const leads of [true, false]) {
    assert.equal(planImport({ ...fresh, leads, inForce: 'one' }), 'note')
    assert.equal(planImport({ ...fresh, leads, inForce: 'one', taken: 'one' }), 'none')
  }
})

test('a restart takes nothing back that a person has applied since', () => {
  assert.equal(planImport({ ...fresh, inForce: 'by hand', taken: 'one' }), 'superseded')
})

test('nor does a master with the same file that was not there meanwhile', () => {
  assert.equal(planImport({ ...fresh, inForce: 'by hand', imported: 'one' }), 'superseded')
})

test('a file that was changed after that speaks again, also with words that it had before', () => {
  assert.equal(planImport({ ...fresh, file: 'two', inForce: 'by hand', taken: 'one' }), 'import')
  assert.equal(planImport({ ...fresh, file: 'one', inForce: 'by hand', taken: 'two' }), 'import')
})

test('two masters with two files do not take turns', () => {
  const taken: Record<string, string | undefined> = {}
  let imported: string | undefined
  let inForce: string | undefined
  const imports: string[] = []
  for (const leader of ['a', 'b', 'a', 'b', 'a']) {
    for (const master of ['a', 'b']) {
      const facts = {
        leads: master === leader,
        file: master,
        inForce,
        imported,
        taken: taken[master],
      }
      const step = planImport(facts)
      if (step === 'import') imports.push((inForce = imported = master))
      if (step === 'import' || step === 'note') taken[master] = master
    }
  }
  assert.deepEqual(imports, ['a', 'b'])
})
