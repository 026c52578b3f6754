import { parentPort, workerData } from 'node:worker_threads'
import { type AccessPlace, AccessReader } from './access-reader.ts'

/** The access log in a thread of its own: first it says where it reads, then it answers each `take`. */
const { before }: { readonly before: AccessPlace | undefined } = workerData
const cell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
const reader = await AccessReader.at(before, (ms) => Atomics.wait(cell, 0, 0, ms))

parentPort?.on('message', () => {
  void reader?.take().then((heard) => parentPort?.postMessage(heard))
})
parentPort?.postMessage(reader?.place)
