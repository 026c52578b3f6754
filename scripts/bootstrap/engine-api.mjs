import http from 'node:http'

/** Every container that the demo or a test makes carries this label; its value says which. */
const OWNER_LABEL = 'roadstead-owner'

const DEFAULT_SOCKET = '/var/run/docker.sock'
const CALL_MS = 2_000
/** Removing by force is a kill, and the engine takes its time over several of them. */
const REMOVE_MS = 20_000

/** @returns {{name: string, options: http.RequestOptions | undefined}} */
export function locateEngine() {
  const name = process.env['DOCKER_HOST'] || `unix://${DEFAULT_SOCKET}`
  if (name.startsWith('unix://')) return { name, options: { socketPath: name.slice(7) } }
  const tcp = /^tcp:\/\/\[?([^\]]+?)\]?:(\d+)\/?$/.exec(name)
  const plain = tcp !== null && (process.env['DOCKER_TLS_VERIFY'] ?? '') === ''
  // TLS and SSH are the agent's business; whoever sets them up knows that they answer.
  return { name, options: plain ? { host: tcp[1], port: tcp[2] } : undefined }
}

/** @returns {Promise<'answers' | 'forbidden' | 'silent'>} */
export async function ping() {
  if (locateEngine().options === undefined) return 'answers'
  try {
    const { status } = await call('GET', '/_ping', CALL_MS)
    return status === 200 ? 'answers' : 'silent'
  } catch (error) {
    const forbidden = error instanceof Error && 'code' in error && error.code === 'EACCES'
    return forbidden ? 'forbidden' : 'silent'
  }
}

/** @returns {Promise<string[]>} names of running containers that are not ours */
export async function foreignContainers() {
  const all = await containers('')
  return all
    .filter((container) => container.Labels?.[OWNER_LABEL] === undefined)
    .map((container) => container.Names?.[0]?.slice(1) ?? container.Id)
}

export async function removeOwnContainers() {
  const filters = encodeURIComponent(JSON.stringify({ label: [OWNER_LABEL] }))
  const ours = await containers(`?all=1&filters=${filters}`)
  for (const { Id } of ours) await call('DELETE', `/containers/${Id}?force=1&v=1`, REMOVE_MS)
}

/**
 * @typedef {{Id: string, Names?: string[], Labels?: Record<string, string>}} Listed
 * @param {string} query
 * @returns {Promise<Listed[]>}
 */
async function containers(query) {
  const { body } = await call('GET', `/containers/json${query}`, CALL_MS)
  return JSON.parse(body)
}

/**
 * @param {string} method
 * @param {string} path
 * @param {number} timeoutMs
 * @returns {Promise<{status: number, body: string}>}
 */
function call(method, path, timeoutMs) {
  const signal = AbortSignal.timeout(timeoutMs)
  return new Promise((resolve, reject) => {
    const request = http.request({ ...locateEngine().options, method, path, signal }, (reply) => {
      let body = ''
      reply.setEncoding('utf8').on('error', reject)
      reply.on('data', (chunk) => {
        body += chunk
      })
      reply.on('end', () => resolve({ status: reply.statusCode ?? 0, body }))
    })
    request.on('error', reject).end()
  })
}
