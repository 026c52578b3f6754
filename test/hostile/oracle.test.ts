/** An oracle that never says no proves nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { complaints } from './oracle.ts'

const known = { domains: new Set(['a.example']), endpoints: new Set(['127.0.0.1:80']) }
const server = (inside: string) => `server { listen 0.0.0.0:80; server_name a.example; ${inside} }`

const stream = (inside: string) =>
  `stream { upstream u_0123456789abcdef { server 127.0.0.1:80; } server { ${inside} } }`

test('a usual text is fine', () => {
  const text = `upstream u_0123456789abcdef { server 127.0.0.1:80 max_fails=0; keepalive 32; }
# a comment; with { signs "
map $host $rs_upstream { a.example u_0123456789abcdef; }
${server('location = /x { proxy_set_header Host "$host"; proxy_pass http://u_0123456789abcdef; }')}`
  assert.deepEqual(complaints(text, known), [])
  const usual = 'listen 0.0.0.0:5353 udp reuseport; allow 10.0.0.0/8; deny all; proxy_responses 1;'
  assert.deepEqual(complaints(stream(`${usual} proxy_pass u_0123456789abcdef;`), known), [])
})

test('whatever would be an attack is told', () => {
  const bad = [
    'server {',
    'server { } }',
    '"',
    server('server_name b.example;'),
    server('server_name a.example;'),
    server('location / { content_by_lua_block { os.execute(1) } }'),
    server('location / { root /; }'),
    server('location / { proxy_pass http://$http_x_to; }'),
    server('location ~ ^/a { return 200 x; }'),
    server('location / { include /etc/passwd; }'),
    server('location / { location /x { return 200 x; } }'),
    server('location / { add_header X "a\\r\\nb"; }'),
    server('location / { add_header X "a$document_root"; }'),
    server("location / { add_header X 'a\nb'; }"),
    server('access_log /tmp/x;'),
    'load_module /tmp/x.so;',
    'upstream u_0123456789abcdef { server unix:/var/run/docker.sock; }',
    'upstream u_0123456789abcdef { server 127.0.0.1:2375; }',
    'lua_package_path "/tmp/?.lua";',
    stream('listen 0.0.0.0:5432; proxy_pass 192.0.2.1:22;'),
    stream('listen 0.0.0.0:5432; proxy_pass $rs_x;'),
    stream('listen unix:/run/docker.sock; proxy_pass u_0123456789abcdef;'),
    stream('listen 0.0.0.0:5432 bind; proxy_pass u_0123456789abcdef;'),
    stream('listen 0.0.0.0:5432; allow 10.0.0.0/8; proxy_pass u_0123456789abcdef;'),
    stream('listen 0.0.0.0:5432; proxy_bind $remote_addr transparent;'),
    stream('} } http { server { root /;'),
    'stream { upstream u_0123456789abcdef { server 127.0.0.1:2375; } }',
    'stream { error_log /tmp/x; }',
    `map $host $rs_upstream { a.example u_0123456789abcdef; "~^(.*)$" u_2; }`,
  ]
  for (const text of bad) {
    const isTold = complaints(text, known).length > 0
    assert.ok(isTold, text)
  }
})
