import { data, fixed, type SafeText } from './directive.ts'

/** Ports on which nginx listens for HTTP. */
export interface Ports {
  readonly http: number
  /** With TLS; undefined where there is no such listener. */
  readonly https: number | undefined
}

/** Where requests of a location come in. */
export type Entrance = 'plain' | 'tls' | 'both'

/** What a location can say about the address that the visitor asked for. */
export interface Asked {
  /** With our port, if the visitor wrote it. */
  readonly host: SafeText
  readonly port: SafeText
  /** The port as the visitor wrote it, with a colon, or nothing. */
  readonly suffix: SafeText
  /** The same of the address with TLS that a visitor without is sent to. */
  readonly tlsSuffix: SafeText
}

export const PORT_USUAL = { http: 80, https: 443 } as const

/**
 * The visitor writes a port unless it is the usual one of his protocol. What nobody has to look at is
 * fixed text, because each variable costs every request some time.
 */
export function askedAt(ports: Ports, entrance: Entrance): Asked {
  const tlsSuffix = tlsSuffixOf(ports)
  const isUsual = { http: ports.http === PORT_USUAL.http, https: ports.https === PORT_USUAL.https }
  switch (entrance) {
    case 'plain':
      return isUsual.http
        ? { host: fixed('$host'), port: fixed('80'), suffix: fixed(''), tlsSuffix }
        : {
            host: fixed('$host$rs_port_suffix'),
            port: fixed('$rs_port'),
            suffix: fixed('$rs_port_suffix'),
            tlsSuffix,
          }
    case 'tls':
      return isUsual.https
        ? { host: fixed('$host'), port: fixed('443'), suffix: fixed(''), tlsSuffix }
        : {
            host: fixed('$host$rs_tls_port_suffix'),
            port: fixed('$rs_tls_port'),
            suffix: fixed('$rs_tls_port_suffix'),
            tlsSuffix,
          }
    case 'both':
      return isUsual.http && isUsual.https
        ? { host: fixed('$host'), port: fixed('$rs_any_port'), suffix: fixed(''), tlsSuffix }
        : {
            host: fixed('$host$rs_any_port_suffix'),
            port: fixed('$rs_any_port'),
            suffix: fixed('$rs_any_port_suffix'),
            tlsSuffix,
          }
  }
}

/** Who wrote our port for plain HTTP writes ours for TLS; who came through a mapping of ports does not. */
function tlsSuffixOf({ http, https }: Ports): SafeText {
  if (https === undefined || https === PORT_USUAL.https) return fixed('')
  return http === PORT_USUAL.http ? data(`:${https}`) : fixed('$rs_https_suffix')
}

/** Maps of the main file, beside those of the plain port. */
export function tlsMaps({ http, https }: Ports): string {
  if (https === undefined) return ''
  return `  # The same for the port with TLS, and for servers that listen on both.
  map $rs_tls_port_suffix $rs_tls_port {
    default ${PORT_USUAL.https};
    ":${https}" ${https};
  }
  map $https $rs_any_port {
    "" $rs_port;
    default $rs_tls_port;
  }
  map $https $rs_any_port_suffix {
    "" $rs_port_suffix;
    default $rs_tls_port_suffix;
  }
  map $rs_port_suffix $rs_https_suffix {
    default "";
    ":${http}" ":${https}";
  }
`
}
