import type { Certificate } from '../tls/certificate.ts'
import { PORT_USUAL, type Ports, tlsMaps } from './asked.ts'
import { data, directive, fixed, type Statement } from './directive.ts'

/** The second listener of this edge. */
export interface TlsListener {
  /** Address and port, in nginx's form. */
  readonly listen: string
  readonly port: number
  /** How this nginx is told to speak it, if it can. */
  readonly http2: 'no' | 'word' | 'directive'
}

/**
 * What stands around our routes in an nginx that is not ours: two files of our own, which the text
 * includes. Both are named by what is in them, so the text of a version of this edge never meets the
 * files of another one.
 */
export interface Attached {
  /** Where nginx finds files beside the text, with a slash at its end. */
  readonly folder: string
  /** Included once, before all: what our servers look up, and the servers that belong to nobody. */
  readonly http: string
  /** Included by each of our servers. */
  readonly server: string
  readonly files: ReadonlyMap<string, string>
}

/** What both texts of nginx say about where it listens. */
export interface Listeners {
  /** Address and port for plain HTTP, in nginx's form. */
  readonly listen: string
  readonly port: number
  readonly tls?: TlsListener | undefined
  /** Present where the text is included by an nginx that is not ours. */
  readonly attached?: Attached | undefined
}

export function portsOf({ port, tls }: Listeners): Ports {
  return { http: port, https: tls?.port }
}

/** What the server of a certificate does with requests; a file, because it is the same for all. */
export const TLS_SERVER = 'tls-server.conf'

/** What servers of a certificate begin with: the words are the same for all, or newer ones warn. */
export function listenTls(tls: TlsListener, certificate: Certificate): readonly Statement[] {
  const listen = [data(tls.listen), fixed('ssl')]
  return [
    directive('listen', tls.http2 === 'word' ? [...listen, fixed('http2')] : listen),
    ...(tls.http2 === 'directive' ? [directive('http2', [fixed('on')])] : []),
    directive('ssl_certificate', [data(certificate.chainFile)]),
    directive('ssl_certificate_key', [data(certificate.keyFile)]),
  ]
}

/**
 * Servers choose by the name in the handshake, and then by `Host`. Who asks for a name without a
 * certificate is refused in the handshake, by the default server. One that opens a connection with
 * another name gets there as well, and hears that he should come over a connection of its own.
 */
export function tlsHttp(listeners: Listeners): string {
  const { tls } = listeners
  if (tls === undefined) return ''
  const word = tls.http2 === 'word' ? ' http2' : ''
  const line = tls.http2 === 'directive' ? '\n    http2 on;' : ''
  return `  # TLS as all browsers of these years speak it; forward secret, and the visitor's choice of cipher.
  # Sessions are kept in memory that a reload keeps, and not in tickets whose key would never change.
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_ciphers ${CIPHERS.join(':')};
  ssl_prefer_server_ciphers off;
  ssl_session_cache shared:rs_tls:10m;
  ssl_session_timeout 1h;
  ssl_session_tickets off;

${tlsMaps(portsOf(listeners))}
  server {
    listen ${tls.listen} ssl${word} default_server reuseport;${line}
    ssl_reject_handshake on;
    location / {
      add_header Cache-Control no-store always;
      return 421 "There is no certificate for this name here.";
    }
  }

`
}

/** For TLS 1.2; those of 1.3 are all good. */
const CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
] as const

/** Without the live tier all domains stand in the text, and none of them leads here. */
export const tlsServerOfTexts = `# Written by roadstead-edge; edits are lost.
location / {
  add_header Cache-Control no-store always;
  return 404 "Nothing is routed for this name.";
}
`

/** Whether no visitor has to write a port. */
export function hasUsualPorts({ port, tls }: Listeners): boolean {
  return port === PORT_USUAL.http && (tls === undefined || tls.port === PORT_USUAL.https)
}
