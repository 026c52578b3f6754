import http2 from 'node:http2'
import https from 'node:https'
import type { IncomingHttpHeaders } from 'node:http'
import { text } from 'node:stream/consumers'
import tls from 'node:tls'

/** A visitor who asks one port over TLS and believes one authority. */
export class TlsVisitor {
  readonly #port: number
  readonly #ca: string

  constructor(port: number, ca: string) {
    this.#port = port
    this.#ca = ca
  }

  /** One request over a connection of its own, by HTTP/1.1. @param host what is said in `Host`. */
  get(name: string, path = '/', headers: IncomingHttpHeaders = {}): Promise<TlsAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<TlsAnswer>()
    const where = { host: '127.0.0.1', port: this.#port, servername: name, ca: this.#ca }
    const asked = https.get({ ...where, path, agent: false, headers: { host: name, ...headers } })
    asked.on('error', reject)
    asked.on('response', (response) => {
      const { statusCode: status = 0, headers: heard } = response
      text(response).then((body) => resolve({ status, headers: heard, body }), reject)
    })
    return promise
  }

  /** The name of the certificate that is shown; the code of the error when there is none. */
  async shown(name: string): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<string>()
    const where = { host: '127.0.0.1', port: this.#port, ca: this.#ca, ALPNProtocols: ['h2'] }
    const socket = tls.connect({ ...where, servername: name, rejectUnauthorized: false }, () => {
      resolve(`${socket.getPeerX509Certificate()?.fingerprint256}`)
      socket.destroy()
    })
    socket.on('error', (error) => {
      resolve('code' in error ? String(error.code) : error.message)
    })
    return promise
  }

  /** A connection by HTTP/2, on which many requests can be made. */
  open(name: string): http2.ClientHttp2Session {
    const where = { host: '127.0.0.1', port: this.#port, servername: name, ca: this.#ca }
    return http2.connect(`https://${name}:${this.#port}`, {
      ca: this.#ca,
      createConnection: () => tls.connect({ ...where, ALPNProtocols: ['h2'] }),
    })
  }
}

export interface TlsAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** One request on a connection by HTTP/2. */
export async function request(
  session: http2.ClientHttp2Session,
  headers: http2.OutgoingHttpHeaders,
  body?: string,
): Promise<TlsAnswer & { readonly trailers: IncomingHttpHeaders }> {
  const stream = session.request(headers)
  const { promise, resolve, reject } = Promise.withResolvers<http2.IncomingHttpHeaders>()
  let trailers: http2.IncomingHttpHeaders = {}
  stream.on('response', resolve)
  stream.on('error', reject)
  stream.on('trailers', (heard) => {
    trailers = heard
  })
  stream.end(body)
  const heard = await promise
  const said = await text(stream)
  return { status: Number(heard[':status']), headers: heard, body: said, trailers }
}
