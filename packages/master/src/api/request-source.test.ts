import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allowedNames, judgeSource, type RequestSource } from './request-source.ts'

const names = allowedNames(['10.1.0.7', 'fd00::7'], ['fleet.example.com'])

function source(over: Partial<RequestSource>): RequestSource {
  const host = '127.0.0.1:7070'
  const base = { method: 'POST', host, origin: undefined, fetchSite: undefined }
  const rest = { upgrade: false, byCookie: true }
  return { ...base, ...rest, ...over }
}

const goodHosts = [
  'localhost',
  'localhost:7070',
  '127.0.0.1',
  '127.0.0.1:7070',
  '[::1]:7070',
  '10.1.0.7:7070',
  '[fd00::7]:7070',
  'fleet.example.com',
  'fleet.example.com:443',
]
const badHosts = [
  undefined,
  '',
  'evil.example',
  'evil.example:7070',
  'localhost.evil.example',
  '127.0.0.1.nip.io',
  '0.0.0.0',
  '127.0.0.2',
  '::1',
  'localhost:',
  'localhost:7070:7070',
  'localhost@evil.example',
  'LOCALHOST',
  'localhost.',
  'evil.example#localhost',
  'localhost/evil',
  'localhost 7070',
  '10.1.0.70',
  'fleet.example.com.evil.example',
  'xfleet.example.com',
  '2130706433',
  '[::ffff:127.0.0.1]',
]

test('only our own names pass the Host header, on reads too', () => {
  for (const host of goodHosts) {
    assert.equal(judgeSource(source({ method: 'GET', host }), names), 'fine', host)
  }
  for (const host of badHosts) {
    assert.equal(judgeSource(source({ method: 'GET', host }), names), 'bad-host', host)
  }
})

const badOrigins = [
  'http://evil.example',
  'null',
  'http://a.127.0.0.1:7070',
  'http://127.0.0.1:7070.evil.example',
  'http://127.0.0.1:70701',
  'http://127.0.0.1',
  'ws://127.0.0.1:7070',
  'http://127.0.0.1:7070/',
  'HTTP://127.0.0.1:7070',
  'http://127.0.0.1.:7070',
  'http://localhost:7070',
  '',
]

test('a page of somebody else can neither write nor open the live feed', () => {
  for (const origin of badOrigins) {
    assert.equal(judgeSource(source({ origin }), names), 'bad-origin', origin)
    const upgrade = source({ origin, method: 'GET', upgrade: true })
    assert.equal(judgeSource(upgrade, names), 'bad-origin', origin)
  }
  for (const fetchSite of ['cross-site', 'same-site', 'whatever']) {
    const good = 'http://127.0.0.1:7070'
    assert.equal(judgeSource(source({ fetchSite, origin: good }), names), 'bad-origin', fetchSite)
  }
})

test('our own page may write and open the live feed', () => {
  const origin = 'http://127.0.0.1:7070'
  assert.equal(judgeSource(source({ origin, fetchSite: 'same-origin' }), names), 'fine')
  assert.equal(judgeSource(source({ origin, method: 'GET', upgrade: true }), names), 'fine')
  assert.equal(judgeSource(source({ fetchSite: 'same-origin' }), names), 'fine')
})

test('without an origin only a bearer token may write or upgrade', () => {
  assert.equal(judgeSource(source({}), names), 'bad-origin')
  assert.equal(judgeSource(source({ byCookie: false }), names), 'fine')
  assert.equal(judgeSource(source({ method: 'GET', upgrade: true }), names), 'bad-origin')
  const tool = source({ method: 'GET', upgrade: true, byCookie: false })
  assert.equal(judgeSource(tool, names), 'fine')
})
