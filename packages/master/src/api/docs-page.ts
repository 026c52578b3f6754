import { errorTable } from '@roadstead/shared/kernel/errors.ts'
import { authorisationTable } from './authorisation.ts'
import type { ApiServer } from './server.ts'

/**
 * The API for people, made from the tables of routes and errors: plain HTML without a script, so it
 * works offline and needs no exception in the content policy.
 */
export function addDocs(app: ApiServer): void {
  app.get('/api/v1/openapi.json', { schema: { hide: true } }, () => app.swagger())
  app.get('/docs', { schema: { hide: true } }, (_request, reply) =>
    reply.type('text/html; charset=utf-8').send(docsPage()),
  )
  app.get('/docs.css', { schema: { hide: true } }, (_request, reply) =>
    reply.type('text/css; charset=utf-8').send(STYLE),
  )
}

function docsPage(): string {
  const routes = Object.entries(authorisationTable).map(([route, { access, what }]) =>
    row(code(route), escaped(access), escaped(what)),
  )
  const errors = Object.entries(errorTable).map(
    ([name, { http, summary, remedy }]) =>
      `<tr id="error-${name}"><td>${code(name)}<td>${http}<td>${escaped(summary)} ${escaped(remedy)}`,
  )
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Roadstead API</title>
<link rel="stylesheet" href="/docs.css">
<h1>Roadstead API</h1>
<p>The full description with every field is <a href="/api/v1/openapi.json">openapi.json</a>.
Sign in with <code>Authorization: Bearer &lt;token&gt;</code>, or with the cookie of a session.
A failed request answers <code>application/problem+json</code>; its <code>code</code> is below.</p>
<h2>Routes</h2>
<table><tr><th>Route<th>Who<th>What
${routes.join('\n')}
</table>
<h2>Errors</h2>
<table><tr><th>Code<th>Status<th>What happened, what to do
${errors.join('\n')}
</table>
</html>
`
}

function row(...cells: readonly string[]): string {
  return `<tr><td>${cells.join('<td>')}`
}

function code(text: string): string {
  return `<code>${escaped(text)}</code>`
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}

const STYLE = `body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem }
body { margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid #8884; padding: 0.3rem 0.6rem }
th, td { text-align: left; vertical-align: top }
:root { color-scheme: light dark }
`
