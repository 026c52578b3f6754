import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import fastifyStatic from '@fastify/static'
import type { ApiServer } from './server.ts'

const NOT_BUILT = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Roadstead</title>
<h1>The dashboard is not built</h1>
<p>Build it with <code>npm run setup</code> (or <code>npx vite build packages/dashboard</code>), or
name its directory in <code>ROADSTEAD_DASHBOARD_DIR</code>. The API is at
<a href="/docs">/docs</a>.</p>
</html>
`

/** The built dashboard at `/`, or a page that says how to build it. */
export async function addDashboardFiles(app: ApiServer, directory: string): Promise<void> {
  if (!existsSync(join(directory, 'index.html'))) {
    app.get('/*', (request, reply) => {
      if (request.url !== '/') return reply.callNotFound()
      return reply.code(503).type('text/html; charset=utf-8').send(NOT_BUILT)
    })
    return
  }
  await app.register(fastifyStatic, {
    root: directory,
    cacheControl: false,
    setHeaders(reply, path) {
      // A name with a hash in it never means anything else; all other names are asked for again.
      const forever = /-[\w-]{8,}\.[a-z0-9]+$/i.test(basename(path))
      reply.header('cache-control', forever ? 'public, max-age=31536000, immutable' : 'no-cache')
    },
  })
}
