import { parentPort, workerData } from 'node:worker_threads'
import { z } from 'zod'
import { type HistoryCall, historyCalls } from './calls.ts'

/**
 * The log in a thread of its own: SQLite waits for the disk, and whoever waits for it must not be the
 * one that routes.
 */
const { instance, path } = z.object({ path: z.string(), instance: z.string() }).parse(workerData)
const answer = historyCalls(path, instance)

parentPort?.on('message', ({ call, id }: { readonly id: number; readonly call: HistoryCall }) => {
  parentPort?.postMessage({ id, answer: answer(call) })
})
