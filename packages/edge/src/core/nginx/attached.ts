import type { Digest } from '@roadstead/shared/kernel/digest.ts'
import { passingOn, requestMaps } from './main-file.ts'
import type { Attached, Listeners } from './tls-listener.ts'

interface AttachedParams {
  readonly listeners: Pick<Listeners, 'listen' | 'port'>
  /** As nginx sees it, without a slash at its end. */
  readonly folder: string
  /** The name under which this edge asks for the generation; nobody else knows it. */
  readonly ownName: string
  readonly digest: Digest
}

export function attachedTexts({ listeners, folder, ownName, digest }: AttachedParams): Attached {
  const server = serverProfile
  const nameOf = (content: string) => `profile-${digest(content).slice(0, 32)}`
  const serverPath = `${folder}/${nameOf(server)}`
  const http = httpText(listeners, ownName, serverPath)
  const files = [http, server].map((content) => [nameOf(content), content] as const)
  return {
    folder: `${folder}/`,
    http: `${folder}/${nameOf(http)}`,
    server: serverPath,
    files: new Map(files),
  }
}

const HEAD = '# Written by roadstead-edge; edits are lost.\n'

/** The nginx that reads this may be replaced by an older one, so nothing newer stands in it. */
const OLDEST = { hasKeepaliveMinTimeout: false }

/**
 * All that our own main file would say for every server, but what nginx takes once for all of them:
 * sizes of its tables, which are the operator's to choose. What he says for all servers and would
 * change what ours do is taken back.
 */
const serverProfile = `${HEAD}server_tokens off;
default_type text/plain;
proxy_headers_hash_max_size 1024;
proxy_headers_hash_bucket_size 128;
proxy_cache off;
proxy_store off;
proxy_intercept_errors off;
${passingOn(OLDEST)}`

/**
 * The first server answers when nobody of the operator listens on our port: a name that nobody has
 * never falls through to somebody else's service. The second one tells the generation over the very
 * listener that visitors use. A socket file would be more private, and would keep an nginx that was
 * killed from starting again: nginx does not bind to a file that is there.
 */
function httpText({ listen, port }: AttachedParams['listeners'], ownName: string, server: string) {
  return `${HEAD}${requestMaps(port)}
  server {
    listen ${listen};
    server_name roadstead.invalid;
    include ${server};
    location / {
      add_header Cache-Control no-store always;
      return 404 "Nothing is routed for this name.";
    }
  }
  server {
    listen ${listen};
    server_name ${ownName};
    access_log off;
    location / {
      keepalive_timeout 0;
      return 200 "$rs_generation";
    }
  }
`
}
