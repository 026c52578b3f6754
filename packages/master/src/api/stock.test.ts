import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '@roadstead/shared/kernel/clock.ts'
import { ImageDetail, ImageList, VolumeList } from '@roadstead/shared/protocol/http-stock.ts'
import { exampleSnapshot, exampleStamp } from '../core/examples.ts'
import { foldAll } from '../core/graph/fold.ts'
import { emptyGraph } from '../core/graph/graph.ts'
import {
  exampleDigest,
  exampleImage,
  exampleImages,
  exampleVolumes,
} from '../core/stock-examples.ts'
import { apiOnTrial } from './api-on-trial.ts'

test('images and volumes are asked for by host, by what can go, and by name', async () => {
  await using trial = await apiOnTrial(systemClock)
  const { stock } = trial.state
  trial.state.graph = foldAll(emptyGraph, [exampleSnapshot(exampleStamp('alpha', 1), [])]).graph
  const image = exampleImage(exampleDigest(1), { tags: ['registry.test:5000/shop/web:1'] })
  stock.hear(exampleImages('alpha', 1, [image], { untold: 2 }))
  stock.hear(exampleVolumes('alpha', 1, ['data']))
  const get = (url: string) =>
    trial.app.inject({ url: `/api/v1/${url}`, headers: trial.bearer('viewer') })

  const images = ImageList.parse((await get('images?host=alpha&unused=true')).json())
  assert.deepEqual([images.total, images.items[0]?.unused], [1, true])
  assert.deepEqual([images.hosts[0]?.untold, images.hosts[0]?.complete], [2, false])
  assert.equal(ImageList.parse((await get('images?host=beta')).json()).total, 0)
  assert.equal((await get('images?unused=perhaps')).statusCode, 400)

  const named = await get('images/registry.test:5000/shop/web:1')
  assert.equal(ImageDetail.parse(named.json()).id, image.id)
  assert.equal((await get(`images/${encodeURIComponent(image.id)}`)).statusCode, 200)
  assert.equal((await get('images/nothing')).statusCode, 404)

  const volumes = VolumeList.parse((await get('volumes?unused=true')).json())
  assert.deepEqual([volumes.items[0]?.name, volumes.hosts[0]?.volumes], ['data', 1])
})
