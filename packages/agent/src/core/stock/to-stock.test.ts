import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Image, IMAGES_PER_HOST_MAX, Volume } from '@roadstead/shared/protocol/stock.ts'
import { ImageContentJson, ListedImageJson, VolumesJson } from './stock-json.ts'
import { chooseImages, toImage, toImageContent, toVolume, UNKNOWN_CONTENT } from './to-stock.ts'

const hex = (digit: string): string => digit.repeat(64)
const evil = '"><script>\u0000\u202e'

const listed = (more: Readonly<Record<string, unknown>> = {}): ListedImageJson =>
  ListedImageJson.parse({ Id: `sha256:${hex('a')}`, Created: 1_700_000_000, Size: 5, ...more })

const content = (layers: readonly string[]) =>
  toImageContent(
    ImageContentJson.parse({ Os: 'linux', Architecture: 'arm64', RootFS: { Layers: layers } }),
    [],
  )

test('an image without a name has none, whatever the engine calls that', () => {
  const RepoTags = ['<none>:<none>']
  const image = toImage(
    listed({ RepoTags, RepoDigests: ['a@<none>', '<none>@<none>'] }),
    content([]),
  )
  assert.deepEqual([image?.tags, image?.digests], [[], []])
  assert.deepEqual(toImage(listed({ RepoTags: null }), content([]))?.tags, [])
})

test('hostile names and labels are cut to what a message takes, and pass its schema', () => {
  const many = (text: string) => Array.from({ length: 100 }, (_, at) => `${text}${at}`)
  const Labels = Object.fromEntries(many(evil).map((key) => [key, evil.repeat(1_000)]))
  const RepoTags = [...many(`${evil}:`), 'x'.repeat(1_000)]
  const image = toImage(listed({ RepoTags, Labels: { ...Labels, __proto__: '1' } }), content([]))
  Image.parse(image)
  const [volume] = VolumesJson.parse({ Volumes: [{ Name: evil, Labels }] }).Volumes
  assert.ok(volume !== undefined)
  Volume.parse(toVolume(volume))
})

test('an image is what its id says, and one without an id is none', () => {
  assert.equal(toImage(listed({ Id: hex('b') }), UNKNOWN_CONTENT)?.id, `sha256:${hex('b')}`)
  for (const Id of ['', 'sha256:1', `sha256:${hex('G')}`, '../../etc']) {
    assert.equal(toImage(listed({ Id }), UNKNOWN_CONTENT), undefined)
  }
})

test('layers are told whole or not at all', () => {
  const good = `sha256:${hex('1')}`
  assert.deepEqual(content([good, good]).layers, [good, good])
  assert.deepEqual(content([good, 'sha256:no']).layers, [])
  assert.deepEqual(content(Array.from({ length: 500 }, () => good)).layers, [])
})

test('a time that no calendar has is left out', () => {
  assert.equal(toImage(listed({ Created: 9e15 }), UNKNOWN_CONTENT)?.createdAt, '')
  assert.equal(
    toImage(listed({ Created: 0 }), UNKNOWN_CONTENT)?.createdAt,
    '1970-01-01T00:00:00.000Z',
  )
})

test('options of a volume stay on the host', () => {
  const Options = { o: 'username=me,password=secret' }
  const [json] = VolumesJson.parse({ Volumes: [{ Name: 'nfs', Options }] }).Volumes
  assert.ok(json !== undefined)
  assert.doesNotMatch(JSON.stringify([json, toVolume(json)]), /secret/)
})

test('of too many images those that run are told, then those that have a name', () => {
  const image = (at: number, tags: readonly string[]) => {
    const Id = at.toString(16).padStart(64, '0')
    return toImage(listed({ Id, RepoTags: tags }), UNKNOWN_CONTENT) ?? assert.fail('it has an id')
  }
  const all = Array.from({ length: IMAGES_PER_HOST_MAX + 10 }, (_, at) =>
    image(at, at % 2 === 0 ? [] : [`a:${at}`]),
  )
  const last = all.at(-2)
  assert.deepEqual(last?.tags, [])
  const chosen = chooseImages(all, new Set([last.id]))
  assert.equal(chosen.length, IMAGES_PER_HOST_MAX)
  assert.equal(chosen[0], last)
  assert.equal(chosen.filter(({ tags }) => tags.length > 0).length, all.length / 2)
})
