import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseRequestHead, parseResponseHead } from './head.ts'
import { MessageReader, type Part } from './message-reader.ts'

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'latin1')

function readAll(pieces: readonly Uint8Array[]): { kinds: string[]; text: string } {
  const reader = new MessageReader(parseRequestHead)
  const kinds: string[] = []
  let text = ''
  for (const piece of pieces) {
    reader.push(piece)
    for (let part = reader.next(); part !== undefined; part = reader.next()) {
      text += 'bytes' in part ? Buffer.from(part.bytes).toString('latin1') : ''
      if (part.kind !== 'body') kinds.push(named(part))
      if (part.kind === 'malformed') return { kinds, text }
    }
  }
  return { kinds, text: text + Buffer.from(reader.takeRest()).toString('latin1') }
}

function named(part: Part<{ method: string; target: string }>): string {
  return part.kind === 'head' ? `${part.head.method} ${part.head.target}` : part.kind
}

const PIPELINED = [
  'GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n',
  'POST /v1.41/containers/a/stop?t=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n',
  'POST /build HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n',
  'A;why="not"\r\n0123456789\r\n3\r\nPOS\r\n0\r\nX-Sum: 1\r\n\r\n',
  'PUT /containers/a/archive?path=/ HTTP/1.1\r\nContent-Length: 7\r\n\r\n\r\n\r\nGET',
  'DELETE /containers/a?force=1 HTTP/1.0\r\n\r\n',
].join('')

test('requests are cut the same, wherever the bytes are split', () => {
  const whole = readAll([bytesOf(PIPELINED)])
  assert.deepEqual(
    whole.kinds.filter((it) => it !== 'end'),
    [
      'GET /_ping',
      'POST /v1.41/containers/a/stop?t=1',
      'POST /build',
      'PUT /containers/a/archive?path=/',
      'DELETE /containers/a?force=1',
    ],
  )
  assert.equal(whole.text, PIPELINED)
  const bytes = bytesOf(PIPELINED)
  for (let at = 0; at <= bytes.length; at += 1) {
    assert.deepEqual(readAll([bytes.subarray(0, at), bytes.subarray(at)]), whole)
  }
  assert.deepEqual(readAll([...bytes].map((byte) => Uint8Array.of(byte))), whole)
})

test('any body in any pieces comes out as it went in, and ends where it ends', () => {
  const chunk = fc.string({ unit: 'binary', minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(fc.array(chunk), fc.array(fc.nat(50), { maxLength: 20 }), (chunks, sizes) => {
      const sent = chunks.map((it) => Buffer.from(it, 'utf8').toString('latin1'))
      const body = sent.map((it) => `${it.length.toString(16)}\r\n${it}\r\n`).join('')
      const text = `PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${body}0\r\n\r\n`
      const next = 'GET /b HTTP/1.1\r\n\r\n'
      const read = readAll(split(bytesOf(text + next), sizes))
      assert.deepEqual(read, { kinds: ['PUT /a', 'end', 'GET /b', 'end'], text: text + next })
    }),
    { numRuns: 200 },
  )
})

function split(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let at = 0
  for (const size of sizes) {
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return [...pieces, bytes.subarray(at)]
}

test('a large head that comes byte by byte is put together once', () => {
  const head = `GET /a HTTP/1.1\r\nX-Registry-Auth: ${'x'.repeat(900 * 1024)}\r\n\r\n`
  const next = 'GET /b HTTP/1.1\r\n\r\n'
  const before = process.cpuUsage()
  const pieces = [...bytesOf(head + next)].map((byte) => Uint8Array.of(byte))
  assert.deepEqual(readAll(pieces), {
    kinds: ['GET /a', 'end', 'GET /b', 'end'],
    text: head + next,
  })
  // Of this process: what others of the machine use is not counted. Copied at each byte, it takes minutes.
  const tookMs = process.cpuUsage(before).user / 1_000
  assert.ok(tookMs < 10_000, `it took ${tookMs} ms`)
})

test('what others might read in another way is malformed', () => {
  const heads = [
    'GET /a HTTP/1.1\nHost: x\n\n',
    'GET /a HTTP/1.1\r\nHost: x\n\r\n',
    'GET /a HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n',
    'GET /a HTTP/1.1\r\nHost : x\r\n\r\n',
    'GET /a\tb HTTP/1.1\r\n\r\n',
    'GET /a b HTTP/1.1\r\n\r\n',
    'GET  /a HTTP/1.1\r\n\r\n',
    '\r\nGET /a HTTP/1.1\r\n\r\n',
    'GET /a\r\n\r\n',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'CONNECT a:1 HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n',
    'POST /a HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx',
    'POST /a HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\nx',
    'POST /a HTTP/1.1\r\nContent-Length: +1\r\n\r\nx',
    'POST /a HTTP/1.1\r\nContent-Length: 0x1\r\n\r\nx',
    'POST /a HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'POST /a HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
    'POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n',
    'POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    `GET /${'a'.repeat(1024 * 1024)}`,
  ]
  for (const head of heads) {
    assert.deepEqual(readAll([bytesOf(head)]).kinds, ['malformed'], head.slice(0, 80))
  }
  const bodies = [
    '1\nx\n0\n\n',
    'x\r\n',
    '1\r\nxy\r\n',
    '-1\r\n',
    '1\r\nx\r\n0\r\nno trailer\r\n\r\n',
  ]
  for (const body of bodies) {
    const text = `POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${body}`
    assert.deepEqual(readAll([bytesOf(text)]).kinds, ['POST /a', 'malformed'], body)
  }
})

test('an answer ends by its length, by its chunks, by having no body, or never', () => {
  const framing = (text: string, method = 'GET'): unknown => {
    const parsed = parseResponseHead(text, method)
    return parsed.kind === 'head' ? parsed.head.framing.kind : parsed.kind
  }
  assert.equal(framing('HTTP/1.1 200 OK\r\nContent-Length: 2'), 'length')
  assert.equal(framing('HTTP/1.1 200 OK\r\nContent-Length: 2', 'HEAD'), 'none')
  assert.equal(framing('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked'), 'chunked')
  assert.equal(framing('HTTP/1.1 204 No Content'), 'none')
  assert.equal(framing('HTTP/1.1 304 Not Modified'), 'none')
  assert.equal(framing('HTTP/1.1 100 Continue'), 'none')
  assert.equal(framing('HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp'), 'raw')
  assert.equal(framing('HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream'), 'raw')
  assert.equal(framing('SMTP ready'), 'malformed')
})
