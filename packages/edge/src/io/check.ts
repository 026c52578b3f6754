import http from 'node:http'
import https from 'node:https'
import { connect } from 'node:net'
import type { HttpProbe } from '../core/probes.ts'

/** As long as nginx itself waits for a connection. */
const CONNECT_MS = 1_000
/** From the connection to the status; one that takes longer serves nobody well. */
const ANSWER_MS = 2_000

/** Whether an endpoint serves, in the way in which it is to be asked. */
export function checkEndpoint(probe: {
  readonly address: string
  readonly port: number
  readonly http?: HttpProbe
}): Promise<boolean> {
  const { address, port } = probe
  return probe.http === undefined ? checkTcp(address, port) : checkHttp(address, port, probe.http)
}

/** Whether something accepts connections at an address. */
export function checkTcp(address: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ host: address, port })
  const end = (answered: boolean) => {
    resolve(answered)
    socket.destroy()
  }
  socket.setTimeout(CONNECT_MS, () => end(false))
  socket.on('connect', () => end(true))
  socket.on('error', () => end(false))
  return promise
}

/** Whether a request for a path is answered with one of these statuses; the body is not looked at. */
function checkHttp(address: string, port: number, probe: HttpProbe): Promise<boolean> {
  const { path, isEncrypted, host, expect } = probe
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const headers = { 'user-agent': 'roadstead-edge', ...(host === undefined ? {} : { host }) }
  const signal = AbortSignal.timeout(ANSWER_MS)
  const options = { host: address, port, path, headers, agent: false, signal }
  // Nobody signs the certificates of containers, and nothing secret is said.
  const tls = { rejectUnauthorized: false, ...(host === undefined ? {} : { servername: host }) }
  const request = isEncrypted ? https.request({ ...options, ...tls }) : http.request(options)
  request.on('response', ({ statusCode = 0 }) => {
    resolve(statusCode >= expect.from && statusCode <= expect.to)
    request.destroy()
  })
  request.on('error', () => resolve(false))
  request.on('close', () => resolve(false))
  request.end()
  return promise
}
