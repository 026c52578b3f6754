import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256 } from '@roadstead/bus/sha256.ts'
import { routeKey } from '@roadstead/shared/protocol/route-key.ts'
import type { RouteSettings } from '@roadstead/shared/protocol/route-settings.ts'
import { endpoint, route, service, table } from '../../testing/tables.ts'
import { plainView } from '../own-view.ts'
import { render } from './render.ts'
import { type Read, tokenize } from './tokenize.ts'

const settings = { listen: '127.0.0.1:8080', port: 8080, digest: sha256 } as const

/** What `location /admin/` says when the route for it is left out, beside one for all of the domain. */
function admin(tier: 'live' | 'reload', own: RouteSettings): Read | undefined {
  const closed = route('shop.test/admin', 'shop', { settings: own })
  const it = table([service('shop', endpoint(1))], [closed, route('shop.test', 'shop')])
  const view = { ...plainView, excluded: new Set([routeKey(closed)]) }
  const servers = tokenize(render(it, view, { ...settings, tier }).body) ?? []
  return servers
    .flatMap(({ block = [] }) => block)
    .find(({ words }) => words.join(' ') === 'location /admin/')
}

for (const tier of ['live', 'reload'] as const) {
  test(`${tier}: a route that keeps somebody out is shut when it is left out, and never open`, () => {
    const closing: readonly RouteSettings[] = [
      { allow: ['10.0.0.0/8'] },
      { auth: 'team' },
      { users: ['ann:x'] },
      { limit: { requests: 1, per: 'second', burst: 0 } },
      { https: 'only' },
    ]
    for (const own of closing) {
      const said = answers(admin(tier, own))
      assert.deepEqual(said, ['add_header Retry-After', 'add_header Cache-Control', 'return 503'])
    }
  })

  test(`${tier}: one that only tunes goes, and the other one serves`, () => {
    assert.equal(admin(tier, { compress: true }), undefined)
  })
}

function answers(location: Read | undefined): readonly string[] {
  const statements = location?.block ?? []
  return statements
    .map(({ words }) => words.slice(0, 2).join(' '))
    .filter((said) => !said.startsWith('set '))
}
