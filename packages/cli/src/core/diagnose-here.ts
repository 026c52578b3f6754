import type { Diagnosis } from './diagnose.ts'

/** The Debian package with the module that the live tier needs. */
export const LUA_PACKAGE = 'libnginx-mod-http-lua'

/** The Debian package with the module that TCP and UDP routes need. */
export const STREAM_PACKAGE = 'libnginx-mod-stream'

/** Whether an edge on this machine could change nginx without reloading it, and serve TCP and UDP. */
export function diagnoseNginx(
  nginx:
    | { readonly kind: 'none' }
    | {
        readonly kind: 'without-lua' | 'with-lua'
        readonly program: string
        readonly hasStreams: boolean
      },
): Diagnosis[] {
  const part = 'nginx'
  switch (nginx.kind) {
    // Nothing is wrong with a machine that has no edge.
    case 'none':
      return []
    case 'with-lua': {
      const what = `${nginx.program} has the Lua module: the live tier is possible here`
      return [{ level: 'ok', part, what }, ...withoutStreams(nginx)]
    }
    case 'without-lua': {
      const what = `${nginx.program} has no Lua module: an edge here reloads it for every change`
      const remedy = `Install ${LUA_PACKAGE} and start the edge again.`
      return [{ level: 'warn', part, what, remedy }, ...withoutStreams(nginx)]
    }
  }
}

/** Nothing is wrong with an edge that only serves names. */
function withoutStreams(nginx: {
  readonly program: string
  readonly hasStreams: boolean
}): Diagnosis[] {
  if (nginx.hasStreams) return []
  const what = `${nginx.program} has no stream module: TCP and UDP routes need ${STREAM_PACKAGE}`
  return [{ level: 'ok', part: 'nginx', what }]
}

/** The Docker socket that drains before it stops, as far as this machine serves one. */
export type SocketHere =
  | { readonly kind: 'off' }
  | { readonly kind: 'served'; readonly path: string }
  | { readonly kind: 'silent'; readonly path: string; readonly why: string }

export function diagnoseDockerSocket(socket: SocketHere): Diagnosis {
  const part = 'docker socket'
  switch (socket.kind) {
    case 'off': {
      const what =
        'none that drains is served here: a plain `docker stop` acts at once; ' +
        'roadstead up --docker-socket PATH, or ROADSTEAD_DOCKER_SOCKET of the agent, serves one'
      return { level: 'ok', part, what }
    }
    case 'served': {
      const what = `unix://${socket.path} drains a container before it is stopped`
      return { level: 'ok', part, what }
    }
    case 'silent': {
      const what = `unix://${socket.path} does not answer: ${socket.why}`
      const remedy =
        'Look at the log of the agent, which serves it; until then use the socket of the engine itself.'
      return { level: 'fail', part, what, remedy }
    }
  }
}
