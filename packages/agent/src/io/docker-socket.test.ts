import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog as log } from '@roadstead/shared/kernel/log.ts'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'
import { eventually } from '../../../../test/rig/eventually.ts'
import { openDockerSocket } from './docker-socket.ts'
import type { Gate } from './relay.ts'

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'
const STOP = 'POST /containers/a/stop HTTP/1.1\r\nHost: x\r\n\r\n'
const PING = 'GET /_ping HTTP/1.1\r\nHost: x\r\n\r\n'

const open: Gate = { consider: () => undefined }

/** Holds each stop until it is let go, and counts what is over. */
function holding() {
  const letGo = Promise.withResolvers<void>()
  const seen = { held: 0, over: 0, gone: 0 }
  const gate: Gate = {
    consider({ target }) {
      if (!target.endsWith('/stop')) return undefined
      seen.held += 1
      return {
        released: async (signal) => {
          const gone = once(signal, 'abort').then(() => (seen.gone += 1))
          await Promise.race([letGo.promise, gone])
        },
        over: () => void (seen.over += 1),
      }
    },
  }
  return { gate, seen, letGo: () => letGo.resolve() }
}

/** An engine that writes down what it gets, and answers as it is told. */
async function serve(gate: Gate, answer: (socket: Socket, all: string) => void) {
  const folder = await mkdtemp(join(tmpdir(), 'roadstead-socket-'))
  const enginePath = join(folder, 'engine.sock')
  const got: string[] = []
  const engine = createServer({ allowHalfOpen: true }, (socket) => {
    const at = got.push('') - 1
    socket.on('error', () => undefined)
    socket.on('end', () => socket.end())
    socket.on('data', (bytes) => {
      got[at] += bytes.toString('latin1')
      answer(socket, got[at] ?? '')
    })
  })
  await once(engine.listen(enginePath), 'listening')
  const path = join(folder, 'drain.sock')
  let kept = ''
  const memory = { socketBefore: '', keepSocket: async (it: string) => void (kept = it) }
  const served = await openDockerSocket({ path, enginePath, gate, memory, log })
  return {
    path,
    enginePath,
    folder,
    got,
    kept: () => kept,
    served,
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]()
      engine.close()
      await rm(folder, { recursive: true })
    },
  }
}

const until = (isTrue: () => boolean) => eventually(String(isTrue), isTrue, { withinMs: 5_000 })

function dial(path: string): { socket: Socket; text: () => string; ended: Promise<unknown> } {
  const socket = connect({ path, allowHalfOpen: true })
  let text = ''
  socket.on('error', () => undefined)
  socket.on('data', (bytes) => (text += bytes.toString('latin1')))
  return { socket, text: () => text, ended: once(socket, 'end') }
}

const countOf = (text: string, part: string): number => text.split(part).length - 1

/** Answers each request of a corpus that ends in a mark, however it is framed. */
const MARK = '~end~'
const answerMarks = () => {
  let answered = 0
  return (socket: Socket, all: string) => {
    for (; answered < countOf(all, MARK); answered += 1) socket.write(OK)
  }
}
const CORPUS = [
  `GET /info?${MARK} HTTP/1.1\r\nHost: x\r\n\r\n`,
  `POST /exec/1/start HTTP/1.1\r\nContent-Length: 7\r\nExpect: 100-continue\r\n\r\n{}${MARK}`,
  `POST /build?t=x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\n${MARK}\r\n0\r\n\r\n`,
  `DELETE http://h/containers/a?force=1&${MARK} HTTP/1.1\r\nContent-Length: 0\r\n\r\n`,
  `HEAD /_ping?${MARK} HTTP/1.1\r\nX-Odd:\t \xe9 \r\n\r\n`,
].join('')

test('the engine gets the bytes that were sent, wherever they are split', async () => {
  // An answer to HEAD must have no body, so it comes last and its body is never taken for one.
  for (let at = 1; at < CORPUS.length; at += 1) {
    await using it = await serve(open, answerMarks())
    const client = dial(it.path)
    client.socket.setNoDelay(true)
    client.socket.write(CORPUS.slice(0, at), 'latin1')
    if (at % 2 === 0) await until(() => (it.got[0] ?? '').length > 0 || at < 40)
    client.socket.end(CORPUS.slice(at), 'latin1')
    await client.ended
    assert.equal(it.got.join(), CORPUS)
    assert.equal(client.text(), OK.repeat(5))
  }
})

test('a stop that is held goes on, unchanged and in its place, when it is let go', async () => {
  const { gate, seen, letGo } = holding()
  // Each piece that arrives is one request here, since the next waits for the answer to the last.
  await using it = await serve(gate, (socket) => void socket.write(OK))
  const client = dial(it.path)
  client.socket.write(PING + STOP + PING)
  await until(() => seen.held === 1)
  assert.equal(it.got[0], PING)
  const other = dial(it.path)
  other.socket.write(PING)
  await until(() => other.text() === OK)
  letGo()
  await until(() => client.text() === OK.repeat(3))
  assert.equal(it.got[0], PING + STOP + PING)
  assert.deepEqual(seen, { held: 1, over: 1, gone: 0 })
  client.socket.destroy()
  other.socket.destroy()
})

test('nothing is passed on for a client that went away', async () => {
  for (const leave of ['end', 'destroy'] as const) {
    const { gate, seen } = holding()
    await using it = await serve(gate, () => undefined)
    const client = dial(it.path)
    client.socket.write(STOP)
    await until(() => seen.held === 1)
    client.socket[leave]()
    await until(() => seen.gone === 1 && seen.over === 1)
    assert.equal(it.got.join(''), '')
    client.socket.destroy()
  }
})

test('after an upgrade nothing is a request any more, and each side may end its half', async () => {
  const { gate, seen } = holding()
  const upgrade = 'HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n'
  const attach = 'POST /containers/a/attach HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n'
  await using it = await serve(gate, (socket, all) => {
    if (all === attach) socket.write(upgrade)
    if (all === attach + STOP) socket.write(STOP)
  })
  const client = dial(it.path)
  client.socket.write(attach)
  await until(() => client.text() === upgrade)
  client.socket.write(STOP)
  await until(() => client.text() === upgrade + STOP)
  client.socket.end()
  await client.ended
  assert.equal(it.got[0], attach + STOP)
  assert.equal(seen.held, 0)
})

test('an upgrade that the engine declines leaves a connection on which stops are held', async () => {
  const { gate, seen } = holding()
  const exec = 'POST /exec/1/start HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n'
  await using it = await serve(gate, (socket, all) => {
    if (all === exec) socket.write('HTTP/1.1 409 Conflict\r\nContent-Length: 0\r\n\r\n')
  })
  const client = dial(it.path)
  client.socket.write(exec + STOP)
  await until(() => seen.held === 1)
  assert.equal(it.got[0], exec)
  client.socket.destroy()
})

test('what has two readings is refused in words, and the engine never sees it', async () => {
  await using it = await serve(open, () => undefined)
  const client = dial(it.path)
  client.socket.write(
    'POST /build HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
  )
  await client.ended
  assert.match(client.text(), /^HTTP\/1\.1 400 [^]*the length of the body is not clear/)
  assert.equal(it.got.join(''), '')
})

test('a client that reads slowly slows the engine down, and loses nothing', async () => {
  const bytes = 64 * 1024 * 1024
  const block = Buffer.alloc(1024 * 1024, 'x')
  let sent = 0
  await using it = await serve(open, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`)
    const more = (): void => {
      while (sent < bytes) {
        sent += block.length
        if (!socket.write(block)) return void socket.once('drain', more)
      }
    }
    more()
  })
  const socket = connect(it.path)
  socket.write(PING)
  await until(() => sent > 0)
  for (let turn = 0; turn < 200; turn += 1) await new Promise(setImmediate)
  assert.ok(sent < bytes, 'the engine was not slowed down')
  let got = 0
  socket.on('data', (chunk) => (got += chunk.length))
  await until(() => got >= bytes)
  socket.destroy()
})

test('an engine that is not there is an answer', async () => {
  await using it = await serve(open, () => undefined)
  const path = join(it.folder, 'other.sock')
  const enginePath = join(it.folder, 'nothing.sock')
  const memory = { socketBefore: '', keepSocket: async () => undefined }
  await using _served = await openDockerSocket({ path, enginePath, gate: open, memory, log })
  const client = dial(path)
  client.socket.write(PING)
  await client.ended
  assert.match(client.text(), /^HTTP\/1\.1 502 /)
  assert.equal(statSync(path).mode & 0o777, 0o600, 'it is given to nobody')
})

const refuses = (it: Promise<unknown>, why: RegExp): Promise<void> =>
  assert.rejects(it, (error: unknown) => {
    assert.ok(error instanceof RoadsteadError && error.code === 'socket-taken')
    assert.match(error.message, why)
    return true
  })

test('a socket of our own that a life left behind is replaced, anything else is not', async () => {
  await using it = await serve(open, () => undefined)
  const options = { enginePath: it.enginePath, gate: open, log }
  const fresh = { socketBefore: '', keepSocket: async () => undefined }
  const { mode, gid } = statSync(it.path)
  assert.equal(mode & 0o777, 0o660)
  assert.equal(gid, statSync(it.enginePath).gid)

  await refuses(openDockerSocket({ ...options, path: it.path, memory: fresh }), /somebody listens/)
  await refuses(
    openDockerSocket({ ...options, path: it.enginePath, memory: fresh }),
    /the engine itself/,
  )
  const file = join(it.folder, 'file')
  await writeFile(file, '')
  await refuses(openDockerSocket({ ...options, path: file, memory: fresh }), /not made by this/)
  assert.ok(existsSync(file))
  await it.served[Symbol.asyncDispose]()
  assert.equal(existsSync(it.path), false)
})

test('what comes into its place meanwhile is not replaced, nor what is in its way', async () => {
  await using it = await serve(open, () => undefined)
  const path = join(it.folder, 'late.sock')
  const options = { path, enginePath: it.enginePath, gate: open, log }
  const memory = { socketBefore: '', keepSocket: () => writeFile(path, 'somebody’s') }
  await refuses(openDockerSocket({ ...options, memory }), /just put a file there/)
  assert.equal(await readFile(path, 'utf8'), 'somebody’s')
  assert.equal(existsSync(`${path}.new`), false)

  await rm(path)
  await writeFile(`${path}.new`, 'somebody’s')
  const fresh = { socketBefore: '', keepSocket: async () => undefined }
  await refuses(openDockerSocket({ ...options, memory: fresh }), /in the way/)
  assert.equal(await readFile(`${path}.new`, 'utf8'), 'somebody’s')
})

test('a socket file of ours that a killed life left behind makes room for the next', async () => {
  await using it = await serve(open, (socket) => void socket.write(OK))
  const ours = it.kept()
  // Out of the way while its server closes, it is left as by a life that was killed.
  const aside = join(it.folder, 'aside')
  await rename(it.path, aside)
  await it.served[Symbol.asyncDispose]()
  await rename(aside, it.path)
  const options = { path: it.path, enginePath: it.enginePath, gate: open, log }
  const another = { socketBefore: '1:2:3', keepSocket: async () => undefined }
  await refuses(openDockerSocket({ ...options, memory: another }), /not made by this agent/)
  assert.ok(existsSync(it.path))
  let kept = ours
  const memory = { socketBefore: ours, keepSocket: async (next: string) => void (kept = next) }
  await using _served = await openDockerSocket({ ...options, memory })
  assert.notEqual(kept, ours)
  const client = dial(it.path)
  client.socket.write(PING)
  await until(() => client.text() === OK)
  client.socket.destroy()
})

test('an engine that goes away while a request is held is an answer, and the hold is over', async () => {
  const { gate, seen } = holding()
  const engines: Socket[] = []
  await using it = await serve(gate, (socket) => {
    engines.push(socket)
    socket.write(OK)
  })
  const client = dial(it.path)
  client.socket.write(PING)
  await until(() => client.text() === OK)
  client.socket.write(STOP)
  await until(() => seen.held === 1)
  for (const engine of engines) engine.end()
  await client.ended
  assert.match(client.text(), /HTTP\/1\.1 502 /)
  client.socket.end()
  await until(() => seen.gone === 1 && seen.over === 1)
  assert.equal(it.got.join(''), PING)
})
