import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mainFile, FILES } from './main-file.ts'
import { readFeatures } from './version.ts'
import { tokenize } from './tokenize.ts'

const cases = [
  ['nginx version: nginx/1.22.1\nconfigure arguments: --with-compat', '1.22.1', false, 3],
  ['nginx version: nginx/1.27.3', '1.27.3', false, 3],
  ['nginx version: nginx/1.27.4 (Ubuntu)', '1.27.4', true, 3],
  ['nginx version: openresty/1.29.2.1', '1.29.2', true, 3],
  ['nginx version: nginx/2.0.0\n--without-http_uwsgi_module', '2.0.0', true, 2],
] as const

for (const [output, version, hasKeepaliveMinTimeout, modules] of cases) {
  test(`features of ${version}`, () => {
    const features = readFeatures(output)
    assert.equal(features?.version, version)
    assert.equal(features.hasKeepaliveMinTimeout, hasKeepaliveMinTimeout)
    assert.equal(features.tempPathModules.length, modules)
    const settings = { listen: '0.0.0.0:80', port: 80, user: undefined }
    const text = mainFile(settings, features, FILES)
    assert.equal(text.includes('keepalive_min_timeout'), hasKeepaliveMinTimeout)
    assert.notEqual(tokenize(text), undefined)
  })
}

test('what is no nginx is not taken for one', () => {
  assert.equal(readFeatures('Apache/2.4'), undefined)
})

test('HTTP/2 is asked for in the words of each version, and not where it cannot be had', () => {
  const both = '--with-http_ssl_module --with-http_v2_module'
  for (const [version, built, http2] of [
    ['1.22.1', both, 'word'],
    ['1.25.0', both, 'word'],
    ['1.25.1', both, 'directive'],
    ['1.22.1', '--with-http_ssl_module', 'no'],
    ['1.22.1', '', undefined],
  ] as const) {
    const features = readFeatures(`nginx version: nginx/${version}\n${built}`)
    assert.ok(features)
    assert.equal(features.tls?.http2, http2)
    if (features.tls === undefined) continue
    const tls = { listen: '0.0.0.0:443', port: 443, ...features.tls }
    const settings = { listen: '0.0.0.0:80', port: 80, user: undefined, tls }
    const text = mainFile(settings, features, FILES)
    assert.equal(text.includes('ssl http2 default_server'), http2 === 'word')
    assert.equal(text.includes('http2 on;'), http2 === 'directive')
  }
})
