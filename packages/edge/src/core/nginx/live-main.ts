import { type Asked, askedAt, PORT_USUAL } from './asked.ts'
import { fixed, type Statement } from './directive.ts'
import { print } from './print.ts'
import { proxyHeaders } from './profile.ts'
import { hasUsualPorts, type Listeners, portsOf } from './tls-listener.ts'

/** What the live tier adds to the file that nginx starts from. */
export interface LiveMain {
  /** Files of the modules to load; none where they are built in. */
  readonly modules: readonly string[]
  /** Each of the two tables. */
  readonly tableKb: number
  readonly flightKb?: number
}

/**
 * An entry takes 256 bytes, or 512 with a long name or more than five endpoints, so a domain with its
 * service takes 0.5 to 1 KB: 10,000 domains use a sixth of this at most. Pages that were never written
 * cost nothing.
 */
export const TABLE_KB = 64 * 1024
/**
 * Names that are busy in a worker, 128 bytes each: no more than it has connections, and 2,048 that were
 * busy last. 50 workers that are busy all over fit in; when it is full, nothing is said to be quiet.
 */
const FLIGHT_KB = 64 * 1024
const CONTROL_KB = 256
/** Pages of counts that the edge has not taken: 64 of at most 40 KB each, and room for those who leave. */
const JOURNAL_KB = 8 * 1024
/**
 * Idle connections to endpoints that a worker keeps, over all services. nginx looks through them one
 * by one, which with so many takes it about a microsecond.
 */
const KEPT_OPEN = 256
/** The largest chunk that the edge sends, with room. */
const CHUNK_KB = 512

/** The static files beside the main file, by name; the Lua ones are copied as they are. */
export const LIVE_LOCATION = 'live-location.conf'
export const LUA_FILES = [
  'roadstead.lua',
  'roadstead_cells.lua',
  'roadstead_choice.lua',
  'roadstead_control.lua',
  'roadstead_counts.lua',
  'roadstead_gate.lua',
  'roadstead_memory.lua',
  'roadstead_requests.lua',
] as const

/** How a location hands its requests to the lookup. It is a file, so no code stands in rendered text. */
export const liveLocation = `# Written by roadstead-edge; edits are lost.
# After all that lets somebody in or not: who may not come in does not wait for an endpoint.
access_by_lua_block { require("roadstead").enter() }
header_filter_by_lua_block { require("roadstead").answered() }
# A visitor who goes away no longer waits.
lua_check_client_abort on;
`

/** One for each way to speak to endpoints: kept connections are found by their address alone. */
const LIVE_GROUPS = ['rs_live', 'rs_live_https', 'rs_live_grpc', 'rs_live_grpcs'] as const

function liveGroup(name: (typeof LIVE_GROUPS)[number]): string {
  return `  upstream ${name} {
    # Asked when an entry has no address that can be read: a group, to which nothing can connect.
    server 224.0.0.0:1;
    balancer_by_lua_block { roadstead.balance() }
    keepalive ${KEPT_OPEN};
    keepalive_timeout 4s;
  }`
}

interface Files {
  readonly socket: string
  readonly live: string | undefined
}

export function liveTop(listeners: Listeners, { modules }: LiveMain): string {
  const load = modules.map((path) => `load_module ${path};\n`).join('')
  // Every request meets the one expression that there is.
  return hasUsualPorts(listeners) ? load : `${load}pcre_jit on;\n`
}

export function liveHttp(listeners: Listeners, live: LiveMain, files: Files): string {
  const { port, tls } = listeners
  const load = files.live === undefined ? 'nil' : `ngx.config.prefix() .. "${files.live}"`
  return `  access_log off;

  # What is routed lives in memory that all workers share and that a reload keeps. There are two
  # tables: one serves while the other is filled anew.
  lua_package_path "$prefix/?.lua;;";
  lua_shared_dict rs_a ${live.tableKb}k;
  lua_shared_dict rs_b ${live.tableKb}k;
  lua_shared_dict rs_control ${CONTROL_KB}k;
  lua_shared_dict rs_flight ${live.flightKb ?? FLIGHT_KB}k;
  lua_shared_dict rs_requests ${JOURNAL_KB}k;
  init_by_lua_block {
    roadstead = require("roadstead")
    require("roadstead_control").load(${load})
    require("roadstead_requests").load()
  }
  init_worker_by_lua_block {
    require("roadstead_memory").begin()
    require("roadstead_requests").begin()
  }
  log_by_lua_block { roadstead.done() }
${LIVE_GROUPS.map(liveGroup).join('\n')}
  # With our port in the URL the endpoint must see it, or the addresses that it builds lack it.
${suffixMap('$rs_port_suffix', port, PORT_USUAL.http)}
${tls === undefined ? '' : suffixMap('$rs_tls_port_suffix', tls.port, PORT_USUAL.https)}
`
}

function suffixMap(variable: string, port: number, usual: number): string {
  return `  map $http_host ${variable} {
    ${port === usual ? 'default ""' : `~:${port}$ :${port}`};
  }`
}

/**
 * The usual request is passed on by the first location. One that must be answered here, that waits,
 * or that becomes another protocol, goes through `@rs_slow`; while visitors are asked to open new
 * connections, all go through `@rs_closing`.
 */
export function liveServers(settings: Listeners, files: Files): string {
  const { listen } = settings
  const locations = indented(liveLocations(askedAt(portsOf(settings), 'plain')))
  return `  # A socket for each worker: new workers answer at once beside the old ones.
  server {
    listen ${listen} default_server reuseport;
${locations}  }

${controlServer(files)}`
}

/** The same over TLS: what stands in the server of each certificate. */
export function tlsServerOfMemory(listeners: Listeners): string {
  const locations = liveLocations(askedAt(portsOf(listeners), 'tls'))
  return `# Written by roadstead-edge; edits are lost.\n${locations}`
}

function liveLocations(asked: Asked): string {
  const own = { prefix: fixed(''), asked }
  return `location / {
  error_page 418 = $rs_way;
  error_page 420 = @rs_slow;
  if ($http_upgrade) {
    return 420;
  }
  set_by_lua_block $rs_way { return roadstead.quick() }
  if ($rs_way) {
    return 418;
  }
${passOn(proxyHeaders({ ...own, isPlain: true }))}
}
location @rs_slow {
${lookedUp(asked)}
${passOn(proxyHeaders(own))}
}
location @rs_closing {
  keepalive_timeout 0;
${lookedUp(asked)}
${passOn(proxyHeaders(own))}
}
`
}

/** Whose service is in memory, too; and the ports of the addresses to which a visitor may be sent. */
function lookedUp({ suffix, tlsSuffix }: Asked): string {
  return `  set $rs_service "";
  set $rs_suffix "${suffix}";
  set $rs_tls_suffix "${tlsSuffix}";
  include ${LIVE_LOCATION};`
}

function indented(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '    ')
}

function controlServer(files: Files): string {
  return `  # What runs, and the door for changes. The folder of this socket is closed to other users.
  server {
    listen unix:${files.socket};
    # Ours are not counted.
    log_by_lua_block { return }
    keepalive_requests 1000000;
    client_max_body_size ${CHUNK_KB}k;
    client_body_buffer_size ${CHUNK_KB}k;
    location = / {
      keepalive_timeout 0;
      content_by_lua_block { require("roadstead_control").show() }
    }
    location = /entries {
      content_by_lua_block { require("roadstead_control").apply() }
    }
    location = /in-flight {
      content_by_lua_block { require("roadstead_control").in_flight() }
    }
    location = /waiting {
      content_by_lua_block { require("roadstead_control").waiting() }
    }
    location = /requests {
      content_by_lua_block { require("roadstead_requests").read() }
    }
    location = /closing {
      content_by_lua_block { require("roadstead_control").closing() }
    }
    location / {
      return 404;
    }
  }
`
}

function passOn(headers: readonly Statement[]): string {
  return `${print(headers)}proxy_pass http://rs_live;`
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}
