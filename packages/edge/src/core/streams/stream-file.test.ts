import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpoint, ofStreams, stream, table } from '../../testing/tables.ts'
import { plainView } from '../own-view.ts'
import { renderStreams } from './render-streams.ts'
import { trialFile } from './stream-file.ts'

const wanted = table(
  [ofStreams('tcp', 'db', endpoint(6_000)), ofStreams('udp', 'dns', endpoint(6_001))],
  [],
  [stream('tcp', 5_432, 'db'), stream('tcp', 5_433, 'db'), stream('udp', 53, 'dns')],
)

function listensOf(text: string): readonly string[] {
  return Array.from(text.matchAll(/^ *listen (.*);$/gm), ([, listen = '']) => listen)
}

test('no visitor comes to where a text of streams is tried', () => {
  for (const [listen, own] of [
    ['0.0.0.0:8080', '127.113.7.1'],
    ['192.0.2.9:8080', '127.113.7.1'],
    ['[::]:8080', '[::1]'],
  ] as const) {
    const { body } = renderStreams(wanted, plainView, { listen })
    const address = listen.slice(0, listen.lastIndexOf(':'))
    assert.deepEqual(listensOf(trialFile(body)), [
      `${own}:5432 reuseport`,
      `${own}:5433 reuseport`,
      `${address}:53 udp reuseport`,
    ])
    assert.equal(trialFile(body).replaceAll(own, address).endsWith(body), true)
  }
})
