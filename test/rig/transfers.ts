import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import http from 'node:http'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { BLOCK } from './porter-block.ts'
import { nginxOf } from './nginx-processes.ts'
import type { Edge } from './parts.ts'

/** What came of a large body, one way or the other. */
export interface Transfer {
  readonly bytes: number
  readonly digest: string
  readonly tookMs: number
}

const STILL_MS_MAX = 30_000

/** Sends so many bytes, and answers with what the porter says that he got. */
export async function upload(edge: Edge, domain: string, bytes: number): Promise<Transfer> {
  const beganMs = performance.now()
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const headers = { host: domain, 'content-length': bytes }
  const where = { host: '127.0.0.1', port: edge.httpPort, path: '/digest', agent: false } as const
  const request = http.request({ ...where, method: 'POST', headers }, (response) => {
    let text = `${response.statusCode} `
    response.setEncoding('utf8').on('data', (part: string) => (text += part))
    response.on('end', () => resolve(text))
  })
  request.setTimeout(STILL_MS_MAX, () => request.destroy(new Error('the upload stands still')))
  request.on('error', reject)
  let left = bytes
  const send = (): void => {
    while (left > 0) {
      const block = left < BLOCK.length ? BLOCK.subarray(0, left) : BLOCK
      left -= block.length
      if (!request.write(block)) return
    }
    request.end()
  }
  request.on('drain', send)
  send()
  const [status, length, digest = ''] = (await promise).split(' ')
  if (status !== '200') throw new Error(`the upload was answered by ${status}`)
  return { bytes: Number(length), digest, tookMs: Math.round(performance.now() - beganMs) }
}

export async function download(edge: Edge, domain: string, bytes: number): Promise<Transfer> {
  const beganMs = performance.now()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const hash = createHash('sha256')
  let length = 0
  const where = { host: '127.0.0.1', port: edge.httpPort, path: `/bytes?n=${bytes}` } as const
  const request = http.get({ ...where, headers: { host: domain }, agent: false }, (response) => {
    response.on('data', (part: Buffer) => {
      hash.update(part)
      length += part.length
    })
    response.on('error', reject)
    response.on('end', resolve)
  })
  request.setTimeout(STILL_MS_MAX, () => request.destroy(new Error('the download stands still')))
  request.on('error', reject)
  await promise
  const tookMs = Math.round(performance.now() - beganMs)
  return { bytes: length, digest: hash.digest('hex'), tookMs }
}

/** Of what a porter sends and gets, which is the same for the same length. */
export function digestOf(bytes: number): string {
  const hash = createHash('sha256')
  for (let left = bytes; left > 0; left -= BLOCK.length) {
    hash.update(left < BLOCK.length ? BLOCK.subarray(0, left) : BLOCK)
  }
  return hash.digest('hex')
}

export interface Growth {
  readonly memoryMib: number
  readonly diskBytes: number
}

/** How much more memory and disk the nginx of an edge takes meanwhile, at its most. */
export async function growthDuring(edge: Edge, action: () => Promise<void>): Promise<Growth> {
  const { workers } = nginxOf(edge)
  const before = sizeOf(edge, workers)
  let most = before
  let isOver = false
  const acting = action().finally(() => (isOver = true))
  while (!isOver) {
    const now = sizeOf(edge, workers)
    const [memory, disk] = [Math.max(most.memory, now.memory), Math.max(most.disk, now.disk)]
    most = { memory, disk }
    await Promise.race([acting, sleep(LOOK_MS)])
  }
  await acting
  const memoryMib = Math.round((most.memory - before.memory) / 1_024)
  return { memoryMib, diskBytes: most.disk - before.disk }
}

const LOOK_MS = 50

function sizeOf({ stateDir }: Pick<Edge, 'stateDir'>, workers: readonly number[]) {
  const temporary = path.join(stateDir, 'nginx', 'temp')
  const files = readdirSync(temporary, { recursive: true, encoding: 'utf8' })
  const sizes = files.map((name) => {
    const found = statSync(path.join(temporary, name), { throwIfNoEntry: false })
    return found?.isFile() === true ? found.size : 0
  })
  return { memory: sum(workers.map(memoryOf)), disk: sum(sizes) }
}

/** KiB that are its own: tables that all workers share are no part of an answer. */
function memoryOf(pid: number): number {
  try {
    return Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
  } catch {
    return 0
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, each) => all + each, 0)
}
