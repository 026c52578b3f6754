import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { GUESTS_FILE, keepGuests, noteGuests, readGuests } from './guest-record.ts'

test('hosts of two federations are remembered until the last of each is removed', () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'roadstead-guests-'))
  using _gone = { [Symbol.dispose]: () => fs.rmSync(dir, { recursive: true }) }
  const [here, there] = ['http://192.0.2.1:7070', 'http://192.0.2.2:7070']
  noteGuests(dir, { url: here, hosts: ['a', 'b'] })
  noteGuests(dir, { url: there, hosts: ['c'] })
  noteGuests(dir, { url: here, hosts: ['d'] })
  assert.deepEqual(readGuests(dir), [
    { url: there, hosts: ['c'] },
    { url: here, hosts: ['a', 'b', 'd'] },
  ])
  keepGuests(dir, { url: here, hosts: ['b'] })
  keepGuests(dir, { url: there, hosts: [] })
  assert.deepEqual(readGuests(dir), [{ url: here, hosts: ['b'] }])
  keepGuests(dir, { url: here, hosts: [] })
  assert.deepEqual(fs.readdirSync(dir), [], `no ${GUESTS_FILE} is left`)
})
