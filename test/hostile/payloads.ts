/**
 * What has broken into the configuration of proxies before, class by class. Each is named for what it
 * does and for where it was found; `MARK` stands wherever it would show that it has worked.
 */
export const MARK = 'zzpwned'

export interface PayloadClass {
  readonly name: string
  readonly seenIn: readonly string[]
  readonly values: readonly string[]
  /** Keys that nobody reads: they must be told of and do nothing. */
  readonly keys?: readonly string[]
}

const RETURN = `return 200 ${MARK}`
const SERVER = `server { listen 80; server_name victim.example; ${RETURN}; }`

export const PAYLOAD_CLASSES: readonly PayloadClass[] = [
  {
    name: 'raw snippets',
    seenIn: ['CVE-2021-25742', 'nginx-proxy#1326'],
    values: [`location /x { ${RETURN}; }`],
    keys: [
      'roadstead.snippet',
      'roadstead.http.api.snippet',
      'roadstead.http.api.configuration-snippet',
      'roadstead.http.api.headers.set',
      'nginx.ingress.kubernetes.io/configuration-snippet',
      'com.github.nginx-proxy.nginx-proxy.snippet',
      'traefik.http.middlewares.web.plugin.snippet',
      'traefik.http.routers.web.snippet',
    ],
  },
  {
    name: 'directives behind a path',
    seenIn: ['CVE-2021-25745', 'CVE-2021-25746', 'CVE-2022-4886', 'CVE-2026-24512'],
    values: [
      `/x; ${RETURN}`,
      `/x { ${RETURN}; } location /y`,
      `/x} ${SERVER}`,
      `/x{`,
      `= /x { ${RETURN}; } #`,
      `~ ^/${MARK}`,
      `^~ /${MARK}`,
    ],
  },
  {
    name: 'ends of lines',
    seenIn: ['CVE-2021-25748'],
    values: ['\n', '\r', '\r\n', '\u0085', '\u2028', '\u2029', '\u000b', '\f', '\0'].map(
      (end) => `a.example${end}${MARK}`,
    ),
  },
  {
    name: 'directives behind a redirect',
    seenIn: ['CVE-2023-5043', 'CVE-2023-5044'],
    values: [
      `https://a.example; ${RETURN}`,
      `https://a.example/$request_uri; ${MARK}`,
      `https://${MARK}.example\n; break`,
      `//${MARK}.example`,
      `javascript:${MARK}`,
      `https://a:b@${MARK}.example`,
    ],
  },
  {
    name: 'out of quotes and expressions',
    seenIn: ['CVE-2025-24514', 'CVE-2025-1097', 'CVE-2025-1098', 'CVE-2025-24513'],
    values: [
      `a"; ${RETURN}; #`,
      `a'; ${RETURN}; '`,
      `a\\"; ${RETURN}; #`,
      `a\\\\"; ${RETURN}; #`,
      `a" always; ${RETURN}; add_header X "`,
      'a\\',
      '"',
      `(a|${MARK})`,
      `a)${MARK}`,
    ],
  },
  {
    name: 'libraries and other files that a test of the text opens',
    seenIn: ['CVE-2025-1974'],
    values: [
      `a; } } ssl_engine /tmp/${MARK}.so; http { server { #`,
      `a; load_module /tmp/${MARK}.so`,
      `a; include /tmp/${MARK}.conf`,
      `a; error_log /tmp/${MARK}.log`,
      `a; access_log /tmp/${MARK}.log`,
      `a; client_body_temp_path /tmp/${MARK}`,
      `a; root /; autoindex on`,
      `a; alias /etc/`,
    ],
  },
  {
    name: 'names of headers',
    seenIn: ['CVE-2025-15566'],
    values: [`X-A: 1; ${RETURN}`, `X-A "1"; ${RETURN}; #`, `X-${MARK}\r\nX-B`, `X ${MARK}`],
    keys: [
      `roadstead.http.api.headers.set.X-A; ${RETURN}; #`,
      `roadstead.http.api.headers.set.X-A "${MARK}`,
      `roadstead.http.api.headers.set.X-${MARK}\n`,
      `roadstead.http.api.headers.set.Host`,
      `roadstead.http.api.headers.set.$${MARK}`,
      `traefik.http.middlewares.web.headers.customrequestheaders.X-A; ${RETURN}; #`,
      `traefik.http.middlewares.web.headers.customresponseheaders.X-${MARK}\r\nX-B`,
    ],
  },
  {
    name: 'quotes that are escaped wrongly',
    seenIn: ['CVE-2026-1580', 'CVE-2026-3288', 'NPM#2733'],
    values: [
      `\\"${MARK}`,
      `\\\\"${MARK}`,
      `"\\"; ${RETURN}; #`,
      `\\'; ${RETURN}; #`,
      `%22; ${MARK}`,
    ],
  },
  {
    name: 'comments that end',
    seenIn: ['CVE-2026-4342'],
    values: [
      `a # ${MARK}\n${RETURN};`,
      `#\n${SERVER}`,
      `a #${MARK}`,
      `a\r#${MARK}`,
      `--[[${MARK}]]`,
    ],
  },
  {
    name: 'names of others',
    seenIn: ['nginx-proxy#2015', 'CVE-2025-24513'],
    values: [
      'a.example victim.example',
      'a.example\tvictim.example',
      'a.example,victim.example ',
      '.example',
      '*.example',
      '*',
      '_',
      '~.',
      `~^(?<${MARK}>.*)$`,
      'victim.example.',
      'VICTIM.example',
      'victim.example:80',
      'default_server',
    ],
  },
  {
    name: 'variables',
    seenIn: ['ingress-nginx#7874', 'nginx-proxy#2741'],
    values: [
      '$http_authorization',
      '${http_authorization}',
      '$',
      `$${MARK}`,
      'a$host',
      'http://$http_x_to/',
      '{{ .Env.HOME }}',
      '%{ENV:HOME}',
    ],
  },
  {
    name: 'ends of lines that are written out',
    seenIn: ['response splitting'],
    values: [
      `a\\r\\nX-${MARK}: 1`,
      `a\\nX-${MARK}: 1`,
      `a%0d%0aX-${MARK}: 1`,
      `a\\x0aX-${MARK}: 1`,
      `a\\u000aX-${MARK}: 1`,
    ],
  },
  {
    name: 'other places than containers',
    seenIn: ['NPM#5595', 'NPM#1807', 'CVE-2025-24514'],
    values: [
      'unix:/var/run/docker.sock',
      'http://unix:/var/run/docker.sock:/',
      `http://${MARK}.invalid/`,
      '169.254.169.254',
      '127.0.0.1:2375',
      'host:2375',
      '[::1]:80',
      'http://192.0.2.1',
    ],
  },
  {
    name: 'Lua',
    seenIn: ['content_by_lua_block'],
    values: [
      `a; content_by_lua_block { os.execute("touch /tmp/${MARK}") }`,
      `]] os.execute("touch /tmp/${MARK}") --[[`,
      `" .. os.execute("touch /tmp/${MARK}") .. "`,
      `%1 %f[%w]${MARK}`,
      '(.-)%s',
    ],
  },
  {
    name: 'expressions that take for ever',
    seenIn: ['server_name ~^(a+)+$'],
    values: ['~^(a+)+$', '^(a|a)*$', `~*${MARK}`, '(?i)(x+x+)+y'],
  },
  {
    name: 'encoded and winding paths',
    seenIn: ['CVE-2025-66490', 'GHSA-vrch-868g-9jx5'],
    values: ['/%2e%2e/x', '/x/../y', '/x/%2Fy', '/./x', '/x//y', '/x\\..\\y', '/x%00', '/..;/x'],
  },
  {
    name: 'headers under another name',
    seenIn: ['GHSA-62c8-mh53-4cqv', 'CVE-2026-24513'],
    values: ['X_Forwarded_For', 'X-Forwarded-For', 'X-Real-IP', 'Connection', 'X-Accel-Redirect'],
    keys: [
      'roadstead.http.api.headers.set.X-Accel-Redirect',
      'roadstead.http.api.headers.set.X_Forwarded_For',
      'roadstead.http.api.headers.set.Transfer-Encoding',
    ],
  },
  {
    name: 'words with a meaning to JavaScript',
    seenIn: ['prototype pollution'],
    values: ['__proto__', 'constructor', 'toString', 'hasOwnProperty'],
    keys: [
      'roadstead.__proto__.x',
      'roadstead.constructor.prototype.x',
      'roadstead.http.__proto__.host',
      'roadstead.http.constructor.host',
      'traefik.http.routers.__proto__.rule',
      'traefik.__proto__.x',
    ],
  },
  {
    name: 'nothing',
    seenIn: ['nginx-proxy#2145', 'nginx-proxy#1107', 'consul-template#1648'],
    values: ['', ' ', ',', '.', ',,', ' , '],
  },
  {
    name: 'lengths',
    seenIn: ['server_names_hash_bucket_size', 'token of 4,095 bytes'],
    values: [
      `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(57)}.example`,
      `${'a'.repeat(64)}.example`,
      'x'.repeat(4_095),
      `/${'x'.repeat(4_095)}`,
      '9'.repeat(400),
      'a,'.repeat(2_000),
    ],
  },
  {
    name: 'letters that look like others',
    seenIn: ['domainToASCII'],
    values: ['\u212a.example', 'ａ.example', 'victım.example', 'xn--.example', 'a\u200b.example'],
  },
  {
    name: 'shells',
    seenIn: ['NPM#5478', 'CVE-2026-23520'],
    values: [
      `$(touch /tmp/${MARK})`,
      `\`touch /tmp/${MARK}\``,
      `a; touch /tmp/${MARK}`,
      `a|${MARK}`,
    ],
  },
  {
    name: 'ways out of a folder',
    seenIn: ['CVE-2026-27734', 'basic auth files'],
    values: ['../../version', 'basic:../../etc/passwd', 'basic:/etc/passwd', '..', 'a/../../b'],
  },
  {
    name: 'numbers that are none',
    seenIn: ['JavaScript numbers'],
    values: ['0x50', '080', ' 80', '80;x', '1e3', '-1', 'NaN', '80 backup', '9007199254740993'],
  },
]
