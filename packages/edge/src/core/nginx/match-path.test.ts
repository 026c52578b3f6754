import assert from 'node:assert/strict'
import { test } from 'node:test'
import { route } from '../../testing/tables.ts'
import { matchRoute } from './match-path.ts'

const routes = [
  route('a.test/api', 'api'),
  route('a.test/api/v2', 'v2'),
  route('a.test/api/v2', 'v2-exact', { match: 'exact' }),
  route('a.test/docs/', 'docs'),
  route('a.test/', 'root'),
]

const cases = [
  ['/', 'root'],
  ['/api', 'api'],
  ['/api/', 'api'],
  ['/apix', 'root'],
  ['/api/v1', 'api'],
  ['/api/v2', 'v2-exact'],
  ['/api/v2/', 'v2'],
  ['/api/v2/x', 'v2'],
  ['/api/v20', 'api'],
  ['/docs', 'root'],
  ['/docs/', 'docs'],
  ['/docs/x', 'docs'],
] as const

for (const [path, name] of cases) {
  test(`${path} belongs to ${name}`, () => {
    assert.equal(matchRoute(routes, path)?.service, route('x.test', name).service)
  })
}

test('without a route for all of it, what nobody covers belongs to nobody', () => {
  assert.equal(matchRoute(routes.slice(0, 1), '/other'), undefined)
})
