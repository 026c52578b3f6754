import type { NginxFeatures } from '../nginx/version.ts'
import { tempPaths } from '../nginx/main-file.ts'

/** The smallest file that loads these pairs: whether an nginx takes a certificate it knows alone. */
export function certificateProbe(
  pairs: readonly { readonly chainFile: string; readonly keyFile: string }[],
  features: NginxFeatures,
): string {
  return `# Written by roadstead-edge to try certificates; it never runs.
pid tls-probe.pid;
error_log stderr error;
events {
}

http {
  ${tempPaths(features)}
  server_names_hash_max_size 65536;
${pairs.map(serverOf).join('')}}
`
}

function serverOf({ chainFile, keyFile }: { chainFile: string; keyFile: string }): string {
  return `  server {
    listen unix:tls-probe.sock ssl;
    server_name ${keyFile};
    ssl_certificate ${chainFile};
    ssl_certificate_key ${keyFile};
  }
`
}

/** Why nginx does not take a pair, without paths: the words of the library behind the last colon. */
export function whyRefused(output: string): string {
  const said = /\(SSL: error:[0-9A-F]*:[^:)]*:[^:)]*:([A-Za-z0-9 _-]{1,100})/.exec(output)?.[1]
  return said === undefined ? 'nginx does not take it' : `nginx does not take it: ${said.trim()}`
}
