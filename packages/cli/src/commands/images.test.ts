import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fakeMaster } from '../testing/fake-master.ts'
import { roadstead } from '../testing/roadstead.ts'
import * as stock from './golden.stock.ts'

const replies = {
  'GET /api/v1/images': { body: stock.images },
  'GET /api/v1/images/registry.example.com/shop/web%3A2': { body: stock.detail },
  'GET /api/v1/volumes': { body: stock.volumes },
}

test('words pick rows, flags are asked of the master, and programs get its data', async () => {
  await using master = await fakeMaster(replies)
  const ask = (...args: string[]) => roadstead([...args, '--server', master.url])

  const picked = await ask('images', 'wiki', '--host', 'alpha')
  assert.match(picked.out, /wiki:1/)
  assert.doesNotMatch(picked.out, /shop/)
  const outdated = await ask('images', '--outdated')
  assert.match(outdated.out, /alpha\/web-old .* 777777777777/)
  const data = JSON.parse((await ask('volumes', 'shop', '-o', 'json')).out)
  assert.deepEqual([data.total, data.items[0].name, data.hosts.length], [1, 'shop_data', 2])
})

test('the name of an image may have slashes, and one that is not there is said to be missing', async () => {
  await using master = await fakeMaster(replies)
  const ask = (...args: string[]) => roadstead([...args, '--server', master.url])
  const found = await ask('image', 'registry.example.com/shop/web:2')
  assert.equal(found.code, 0)
  assert.match(found.out, /LAYER/)
  const missing = await ask('image', 'nothing')
  assert.notEqual(missing.code, 0)
  assert.match(missing.err, /nothing has this name/)
})
