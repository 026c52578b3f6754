import { LOG_FORMAT } from '../requests/access-line.ts'
import { type LiveMain, liveHttp, liveServers, liveTop } from './live-main.ts'
import { type StreamMain, streamInclude, streamTop } from '../streams/stream-module.ts'
import { BODY_BYTES_USUAL } from './settings.ts'
import { type Listeners, tlsHttp } from './tls-listener.ts'
import type { NginxFeatures } from './version.ts'

export interface MainSettings extends Listeners {
  /** User and group of the workers; undefined when nginx does not run as root. */
  readonly user: string | undefined
  /** Present in the live tier. */
  readonly live?: LiveMain
  /** Present where nginx can serve streams. */
  readonly streams?: StreamMain
}

/** File names inside nginx's own folder; all are relative to it, so its path is never rendered. */
export const FILES = {
  main: 'nginx.conf',
  routes: 'routes.conf',
  streams: 'streams.conf',
  pid: 'nginx.pid',
  log: 'nginx.log',
  socket: 'control.sock',
  live: 'live.txt',
  access: 'access-place',
} as const

/** The same for a candidate that is tested beside the running one and must not touch its files. */
export const CANDIDATE = {
  main: 'candidate.conf',
  routes: 'candidate-routes.conf',
  streams: 'candidate-streams.conf',
  pid: 'candidate.pid',
  log: 'candidate.log',
  socket: 'candidate.sock',
  /** A test looks up nothing, so it need not load anything. */
  live: undefined,
  /** The same: a test logs nothing. */
  access: 'access-place',
} as const

/**
 * The file that nginx starts from. It is ours, holds nothing of any table, and stays the same for as
 * long as the edge runs: what listens, how requests are passed on, what nobody's route answers.
 */
export function mainFile(
  settings: MainSettings,
  features: NginxFeatures,
  files: typeof FILES | typeof CANDIDATE,
): string {
  return `# Written by roadstead-edge; edits are lost.
${settings.user === undefined ? '' : `user ${settings.user};\n`}worker_processes auto;
worker_rlimit_nofile 16384;
# Long answers and upgraded connections of replaced workers end after this at the latest.
worker_shutdown_timeout 10m;
pid ${files.pid};
error_log ${files.log} error;
${streamTop(settings.streams)}${settings.live === undefined ? '' : liveTop(settings, settings.live)}
events {
  worker_connections 8192;
  accept_mutex off;
}

http {
${httpSettings(features)}${countedHow(settings, files)}
${requestMaps(settings.port)}
${tlsHttp(settings)}${servers(settings, files)}
  include ${files.routes};
}
${streamInclude(settings.streams, files.streams)}`
}

/** What locations of every text look up. */
export function requestMaps(port: number): string {
  return `  # WebSocket only: an endpoint that agreed to speak HTTP/2 here would escape all rules for headers.
  map $http_upgrade $rs_upgrade {
    websocket websocket;
  }
  map $rs_upgrade $rs_connection {
    websocket upgrade;
  }
  # What did not come over TLS, and what is said behind the value of a cookie of ours.
  map $https $rs_plain {
    "" 1;
  }
  map $https $rs_cookie_rest {
    "" "; Path=/; HttpOnly; SameSite=Lax";
    default "; Path=/; HttpOnly; SameSite=Lax; Secure";
  }
  # Which route a request belongs to; its location says so.
  map $https $rs_route {
    default -;
  }
  map $rs_port_suffix $rs_port {
    default 80;
    ":${port}" ${port};
  }
`
}

function servers(settings: MainSettings, files: typeof FILES | typeof CANDIDATE): string {
  return settings.live === undefined ? staticServers(settings, files) : liveServers(settings, files)
}

function staticServers(settings: MainSettings, files: typeof FILES | typeof CANDIDATE): string {
  return `  # With a socket for each worker, new workers answer at once beside the old ones. Over a shared one
  # the kernel prefers whoever has waited longest, which is an old worker for the 100 ms that it stays.
  # A name that nobody has never falls through to somebody else's service.
  server {
    listen ${settings.listen} default_server reuseport;
    location / {
      add_header Cache-Control no-store always;
      return 404 "Nothing is routed for this name.";
    }
  }

  # Which generation runs. The folder of this socket is closed to other users.
  server {
    listen unix:${files.socket};
    location / {
      keepalive_timeout 0;
      access_log off;
      return 200 "$rs_generation";
    }
  }
`
}

function countedHow(settings: MainSettings, files: typeof FILES | typeof CANDIDATE): string {
  const { live } = settings
  return live === undefined ? accessLog(files.access) : liveHttp(settings, live, files)
}

/** Where lines go is a file of its own: when it changes, nginx needs a reload and no restart. */
function accessLog(file: string): string {
  return `
  log_format rs_requests escape=json
    ${LOG_FORMAT};
  include ${file};
`
}

/** @param place undefined when nobody counts. */
export function accessPlace(
  place: { readonly port: number; readonly tag: string } | undefined,
): string {
  const head = '# Written by roadstead-edge; edits are lost.\n'
  if (place === undefined) return `${head}access_log off;\n`
  const server = `server=127.0.0.1:${place.port},nohostname,tag=${place.tag}`
  return `${head}access_log syslog:${server} rs_requests;\n`
}

/** Folders for temporary files, or nginx would use the system's. */
export function tempPaths(features: NginxFeatures): string {
  return ['client_body', 'proxy', ...features.tempPathModules]
    .map((name) => `${name}_temp_path temp/${name};`)
    .join('\n  ')
}

function httpSettings(features: NginxFeatures): string {
  return `  server_tokens off;
  default_type text/plain;
  ${tempPaths(features)}

  # Any domain of 253 bytes fits, and so do tens of thousands of them.
  server_names_hash_bucket_size 512;
  server_names_hash_max_size 65536;
  map_hash_bucket_size 512;
  map_hash_max_size 65536;
  proxy_headers_hash_max_size 1024;
  proxy_headers_hash_bucket_size 128;
  variables_hash_max_size 2048;

${passingOn(features)}`
}

/** How requests are taken and passed on; a server may say all of it for itself. */
export function passingOn(features: Pick<NginxFeatures, 'hasKeepaliveMinTimeout'>): string {
  return `  # Clients. A body is passed on as it arrives and never stored: its limit protects endpoints only.
  client_header_timeout 15s;
  client_body_timeout 60s;
  client_max_body_size ${BODY_BYTES_USUAL};
  large_client_header_buffers 4 16k;
  send_timeout 60s;
  # What a request that is passed on needs fits in one piece.
  request_pool_size 8k;
  keepalive_timeout 65s;
${features.hasKeepaliveMinTimeout ? '  keepalive_min_timeout 1s;\n' : ''}
  # Aliases such as X_Forwarded_For never reach an endpoint.
  underscores_in_headers off;
  ignore_invalid_headers on;

  # Endpoints. Nothing is buffered on disk: a full one would cut answers short under status 200.
  proxy_http_version 1.1;
  proxy_connect_timeout 1s;
  proxy_read_timeout 10m;
  proxy_send_timeout 10m;
  proxy_buffering off;
  proxy_request_buffering off;
  proxy_max_temp_file_size 0;
  proxy_buffer_size 16k;
  proxy_buffers 8 16k;
  proxy_next_upstream error timeout;
  proxy_next_upstream_tries 3;
  proxy_next_upstream_timeout 5s;
  proxy_redirect off;
  # An endpoint must not steer nginx by its answers.
  proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate
    X-Accel-Buffering X-Accel-Charset;
  # Those that speak gRPC: the same, as far as it has a word for it.
  grpc_connect_timeout 1s;
  grpc_read_timeout 10m;
  grpc_send_timeout 10m;
  grpc_buffer_size 16k;
  grpc_next_upstream error timeout;
  grpc_next_upstream_tries 3;
  grpc_next_upstream_timeout 5s;
  grpc_ignore_headers X-Accel-Redirect X-Accel-Charset;
`
}
