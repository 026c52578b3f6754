import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import http from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import fc from 'fast-check'
import { tempPaths } from '../core/nginx/main-file.ts'
import { findNginx } from '../io/nginx-binary.ts'
import { probeLive } from '../io/probe-live.ts'
import { eventually, inTempFolder } from '../testing/bench.ts'
import { chooseEndpoint, chooseService, readService } from '../testing/choice-twin.ts'

const peer = fc.oneof(
  fc.nat(9).map((at) => `10.0.0.${at}:80`),
  fc.nat(9).map((at) => `[fd00::${at}]:8080`),
)
const endpoint = fc
  .tuple(
    peer,
    fc.constantFrom('', ',w=1', ',w=2', ',w=7', ',w=400'),
    fc.constantFrom('', '', ',b'),
    fc.constantFrom('', '', '', ',m=1', ',m=3'),
    fc.constantFrom('', ',i=10.0.0.1', ',i=e2', ',i=e3'),
  )
  .map((parts) => parts.join(''))
const service = fc
  .tuple(
    fc.constantFrom('', 'b=lc ', 'b=ip ', 'b=ck k=rs ', 'h=500 b=lc c=20 r=300 '),
    fc.uniqueArray(endpoint, { maxLength: 8, selector: (it) => it.split(',')[0] }),
  )
  .map(([options, endpoints]) => options + endpoints.join(' '))
const asked = fc.record({
  tried: fc.uniqueArray(peer, { maxLength: 3 }),
  loads: fc.dictionary(peer, fc.nat(6)),
  client: fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom('10.0.0.1', 'e2', 'e3')),
})
const path = fc
  .array(fc.constantFrom('a', 'b', '%', '.', '-'), { maxLength: 3 })
  .map((parts) => `/${parts.join('/')}`)
const domain = fc
  .array(fc.tuple(fc.constantFrom('=', '^'), path, fc.constantFrom('u_1', 'u_2', 'u_3')), {
    maxLength: 4,
  })
  .map((routes) => routes.map((route) => route.join(' ')).join(' '))

test('nginx chooses as its twin in TypeScript does, over random services and requests', async () => {
  await using lua = await choiceServer()
  const cases = fc.sample(fc.tuple(service, fc.array(asked, { minLength: 1, maxLength: 12 })), 600)
  const lines: string[] = []
  const expected: string[] = []
  for (const [value, requests] of cases) {
    const twin = readService(value)
    lines.push(`service ${value}`)
    for (const { tried, loads, client } of requests) {
      const pairs = Object.entries(loads).map(([name, load]) => `${name}=${load}`)
      lines.push(`choose ${client} ${tried.join(',')} ${pairs.join(',')}`)
      const loadOf = (name: string) => loads[name] ?? 0
      const chosen = chooseEndpoint(twin, { tried: new Set(tried), loadOf, client })
      expected.push(chosen?.peer ?? 'none')
    }
  }
  assert.ok(expected.length > 2_000)
  assert.deepEqual(await lua.ask(lines), expected)
})

test('nginx reads routes as its twin does', async () => {
  await using lua = await choiceServer()
  const cases = fc.sample(fc.tuple(domain, path), 3_000)
  const lines = cases.map(([value, asks]) => `route ${asks} ${value}`)
  const expected = cases.map(([value, asks]) => chooseService(value, asks) ?? 'none')
  assert.deepEqual(await lua.ask(lines), expected)
})

/** What no shipped file has: the choice function, to be asked from outside. */
const ASKED = `
local choice, service = require "roadstead_choice", nil
local function pairs_of(text, sign)
  local found = {}
  for part in text:gmatch("[^,]+") do
    local name, value = part:match(sign and "^(.*)=(%d+)$" or "^(.*)()$")
    found[name] = sign and tonumber(value) or true
  end
  return found
end
ngx.req.read_body()
for line in ngx.req.get_body_data():gmatch("[^\\n]+") do
  local verb, rest = line:match("^(%l+) (.*)$")
  if verb == "service" then
    service = choice.service(rest)
  elseif verb == "choose" then
    local client, tried, loads = rest:match("^(%S+) (%S*) (%S*)$")
    local by_peer = pairs_of(loads, true)
    local load_of = function(one) return by_peer[one.peer] or 0 end
    local chosen = choice.endpoint(service, pairs_of(tried), load_of, client)
    ngx.say(chosen and chosen.peer or "none")
  else
    local path, text = rest:match("^(%S+) (.*)$")
    local route = choice.route(choice.domain(text, "shop.test"), path)
    ngx.say(route and route.service or "none")
  end
end`

async function choiceServer() {
  await using stack = new AsyncDisposableStack()
  const { path: folder } = stack.use(await inTempFolder())
  const binary = await findNginx(undefined, '')
  const tier = await probeLive(binary, folder)
  assert.equal(tier.kind, 'live')
  const modules = tier.kind === 'live' ? tier.modules : []
  await mkdir(join(folder, 'temp'), { recursive: true })
  await copyFile(
    new URL('./roadstead_choice.lua', import.meta.url),
    join(folder, 'roadstead_choice.lua'),
  )
  const socketPath = join(folder, 'ask.sock')
  const conf = `${modules.map((it) => `load_module ${it};`).join('\n')}
daemon off;
master_process off;
pid ask.pid;
error_log stderr error;
events {
}
http {
  access_log off;
  ${tempPaths(binary.features)}
  lua_package_path "$prefix/?.lua;;";
  server {
    listen unix:ask.sock;
    client_max_body_size 8m;
    client_body_buffer_size 8m;
    location / {
      content_by_lua_block {${ASKED}
      }
    }
  }
}
`
  await writeFile(join(folder, 'ask.conf'), conf)
  const args = ['-p', `${folder}/`, '-c', 'ask.conf']
  const child = spawn(binary.path, args, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
  stack.defer(async () => {
    child.kill('SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
  })
  const ask = (lines: readonly string[]) => post(socketPath, lines.join('\n'))
  await eventually(() =>
    ask(['route / x']).then(
      () => true,
      () => false,
    ),
  )
  const moved = stack.move()
  return { ask, [Symbol.asyncDispose]: () => moved[Symbol.asyncDispose]() }
}

function post(socketPath: string, body: string): Promise<readonly string[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
  const headers = { host: 'x', 'content-length': Buffer.byteLength(body) }
  const options = { socketPath, method: 'POST', agent: false, headers }
  const request = http.request(options, (response) => {
    text(response).then((answer) => resolve(answer.split('\n').slice(0, -1)), reject)
  })
  request.on('error', reject)
  request.end(body)
  return promise
}
