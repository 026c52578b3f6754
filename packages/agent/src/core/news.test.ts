import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anEvent } from '../testing.ts'
import { parseEvent } from './event-text.ts'
import { admitNews, freshBudget, toNews } from './news.ts'

test('news carries what people need and no label', () => {
  const attributes = { name: 'shop', image: 'shop:2', exitCode: '1', 'secret.label': 'x' }
  const news = toNews(anEvent({ Action: 'die', attributes }))
  assert.equal(news?.name, 'shop')
  assert.deepEqual(news?.attributes, { image: 'shop:2', exitCode: '1' })
})

test('commands that run in a container are nobody’s news', () => {
  assert.equal(toNews(anEvent({ Action: 'exec_create: sh -c secret' })), undefined)
})

test('fifty pass in a second, the rest is counted and told with the next', () => {
  let budget = freshBudget
  const passed = Array.from({ length: 60 }, () => {
    const [next, { passes }] = admitNews(budget, 5_000)
    budget = next
    return passes
  })
  assert.equal(passed.filter(Boolean).length, 50)
  assert.deepEqual(admitNews(budget, 6_000)[1], { passes: true, missed: 10 })
})

test('nanoseconds keep every digit', () => {
  const actor = '"Actor":{"ID":"x","Attributes":{"timeNano":"7"}}'
  const line = `{"Type":"container","Action":"start",${actor},"timeNano":1795295336468834113}`
  assert.equal(parseEvent(line)?.timeNano, '1795295336468834113')
  assert.equal(parseEvent(line)?.Actor.Attributes['timeNano'], '7')
  assert.equal(parseEvent('{"Type":'), undefined)
  assert.equal(parseEvent('{}'), undefined)
})
