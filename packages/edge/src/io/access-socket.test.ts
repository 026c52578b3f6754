import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog } from '@roadstead/shared/kernel/log.ts'
import { accessPlace, FILES } from '../core/nginx/main-file.ts'
import { eventually, inTempFolder } from '../testing/bench.ts'
import { AccessSocket } from './access-socket.ts'

const LINE = '["shop.test prefix /",200,0.001,"0.001","10.0.0.1:80"]'

/** More than the kernel keeps anywhere, faster than anybody could read them. */
test('of a flood each line is counted, or told as lost', async () => {
  await using folder = await inTempFolder()
  await using access = await AccessSocket.in(folder.path, silentLog)
  assert.ok(access)
  const sent = 20_000
  await send(
    access,
    Array.from({ length: sent }, () => lineBy(access)),
  )
  let [counted, lost] = [0, 0]
  await eventually(async () => {
    const taken = await access.take()
    for (const counts of taken.tally.routes.values()) counted += counts[2] ?? 0
    lost += taken.lost
    return counted + lost >= sent
  })
  assert.equal(counted + lost, sent)
  assert.ok(counted > 0)
})

test('what is not from our nginx is counted by nobody', async () => {
  await using folder = await inTempFolder()
  await using access = await AccessSocket.in(folder.path, silentLog)
  assert.ok(access)
  const foreign = ['', 'x', 'x'.repeat(60_000), lineBy({ place: { port: 0, tag: 'rs' } })]
  await send(access, [...foreign, lineBy(access), ...foreign])
  let counted = 0
  await eventually(async () => {
    const { tally, lost } = await access.take()
    counted += tally.routes.get('shop.test prefix /')?.[2] ?? 0
    assert.equal(lost, 0)
    return counted > 0
  })
  assert.equal(counted, 1)
})

test('the next life reads where nginx still sends, and elsewhere when somebody else does', async () => {
  await using folder = await inTempFolder()
  const before = await AccessSocket.in(folder.path, silentLog)
  assert.ok(before)
  await writeFile(join(folder.path, FILES.access), accessPlace(before.place))
  await before[Symbol.asyncDispose]()
  await using next = await AccessSocket.in(folder.path, silentLog)
  assert.deepEqual(next?.place, before.place)
  await using other = await AccessSocket.in(folder.path, silentLog)
  assert.notEqual(other?.place.port, before.place.port)
  assert.notEqual(other?.place.tag, before.place.tag)
})

type Place = Pick<AccessSocket, 'place'>

function lineBy({ place }: Place): string {
  return `<190>Nov 22 06:59:59 ${place.tag}: ${LINE}`
}

async function send({ place }: Place, lines: readonly string[]): Promise<void> {
  const socket = createSocket('udp4')
  const sent = lines.map((line) => {
    const { promise, resolve } = Promise.withResolvers<void>()
    socket.send(line, place.port, '127.0.0.1', () => resolve())
    return promise
  })
  await Promise.all(sent)
  socket.close()
}
