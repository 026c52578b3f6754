/**
 * What a text of nginx may say at all, by somebody who shares no line with whoever wrote the text: not
 * the grammar of labels, not the renderer, not the tokenizer that an edge reads its own text back with.
 */

/** A statement as nginx reads it: its words, and a block where one follows. */
interface Said {
  readonly words: readonly string[]
  readonly block: readonly Said[]
}

/** Which directives may stand in what, and nothing else. */
const MAY_HOLD: Readonly<Record<string, readonly string[]>> = {
  '': ['geo', 'limit_req_zone', 'map', 'server', 'stream', 'upstream'],
  if: ['add_header', 'return', 'error_page', 'set'],
  location: [
    'add_header',
    'auth_basic',
    'auth_basic_user_file',
    'client_max_body_size',
    'error_page',
    'gzip',
    'gzip_min_length',
    'gzip_proxied',
    'gzip_types',
    'gzip_vary',
    'if',
    'include',
    'limit_req',
    'limit_req_status',
    'recursive_error_pages',
    'return',
    'set',
    ...['connect_timeout', 'hide_header', 'pass', 'read_timeout', 'set_header'].flatMap((name) => [
      `proxy_${name}`,
      `grpc_${name}`,
    ]),
    ...['buffering', 'request_buffering'].map((name) => `proxy_${name}`),
    ...['proxy', 'grpc'].flatMap((name) => [`${name}_ssl_name`, `${name}_ssl_server_name`]),
  ],
  stream: [
    'proxy_connect_timeout',
    'proxy_next_upstream',
    'proxy_next_upstream_timeout',
    'proxy_next_upstream_tries',
    'proxy_socket_keepalive',
    'server',
    'upstream',
  ],
  'server of a stream': [
    'allow',
    'deny',
    'listen',
    'proxy_pass',
    'proxy_protocol',
    'proxy_responses',
    'proxy_timeout',
  ],
  server: ['listen', 'location', 'server_name'],
  upstream: ['hash', 'keepalive', 'keepalive_timeout', 'least_conn', 'server', 'zone'],
}

/** Variables that are nginx's own or named by our source; a label names none of them. */
const VARIABLES = [
  'binary_remote_addr',
  'cookie_[a-zA-Z0-9_]+',
  'host',
  'http_[a-zA-Z0-9_]+',
  'https',
  'limit_req_status',
  'remote_addr',
  'request_id',
  'request_method',
  'request_uri',
  'rs_[a-z0-9_]+',
  'scheme',
  'uri',
  'is_args',
  'args',
]
const VARIABLE = new RegExp(`\\$(?:${VARIABLES.join('|')})(?![a-zA-Z0-9_])`, 'g')

const STREAM = 'server of a stream'

/** Where requests may be sent: to a group of endpoints of ours, perhaps under another path. */
const TARGET = new RegExp(
  [
    /^(?:https?|grpcs?):\/\//,
    /(?:u_[0-9a-f]{16}[0-9a-z_]*|rs_live[a-z_]*|\$rs_[a-z0-9_]+)/,
    /(?:\/[\w.~/-]*)?(?:\$request_uri|\$is_args\$args)?$/,
  ]
    .map(({ source }) => source)
    .join(''),
)

const GROUP = /^u_[0-9a-f]{16}$/

export interface Expected {
  /** Names that somebody asked for and may have. */
  readonly domains: ReadonlySet<string>
  /** `<address>:<port>` of containers. */
  readonly endpoints: ReadonlySet<string>
}

/** Everything in the text that should not be there. */
export function complaints(text: string, { domains, endpoints }: Expected): readonly string[] {
  const said = read(text)
  if (said === undefined) return ['it cannot be read']
  const names = new Map<string, number>()
  const found: string[] = []
  for (const statement of said) look(statement, '')
  for (const [name, times] of names) {
    if (!domains.has(name)) found.push(`nobody asked for the name ${name}`)
    if (times > 1) found.push(`the name ${name} is there ${times} times`)
  }
  return found

  function look({ block, words }: Said, inside: string): void {
    const [name = '', ...rest] = words
    for (const word of words) if (!isHarmless(word)) found.push(`a word is ${JSON.stringify(word)}`)
    if (inside === 'map' || inside === 'geo') return
    if (!(MAY_HOLD[inside] ?? []).includes(name)) {
      found.push(`${name} is in ${inside === '' ? 'the file' : inside}`)
    }
    if (inside === 'server' && name === 'server_name') {
      for (const each of rest) names.set(each, (names.get(each) ?? 0) + 1)
    }
    if (inside === 'upstream' && name === 'server' && !endpoints.has(rest[0] ?? '')) {
      found.push(`an endpoint is ${rest[0]}`)
    }
    if (name === 'location' && !/^(?:= )?(?:\/[^\s]*|@rs_[a-z0-9_]+)$/.test(rest.join(' '))) {
      found.push(`a location is ${rest.join(' ')}`)
    }
    const target = inside === STREAM ? GROUP : TARGET
    if (/^(?:proxy|grpc)_pass$/.test(name) && !target.test(rest.join(' '))) {
      found.push(`requests go to ${rest.join(' ')}`)
    }
    if (name === 'include' && !/^live-location\.conf$/.test(rest.join(' '))) {
      found.push(`it includes ${rest.join(' ')}`)
    }
    if (
      name === 'listen' &&
      !/^[\w.:[\]]+:\d+(?: udp)?(?: (?:ssl|http2|reuseport))*$/.test(rest.join(' '))
    ) {
      found.push(`it listens on ${rest.join(' ')}`)
    }
    const isStream = inside === 'stream' && name === 'server'
    const says = block.map((each) => each.words.join(' '))
    if (isStream && says.some((it) => it.startsWith('allow ')) && !says.includes('deny all')) {
      found.push('a list of who may come to a stream keeps nobody out')
    }
    for (const each of block) look(each, isStream ? STREAM : name)
  }
}

/** Seen by nginx as one word without any meaning but its own, even if its quotes were lost. */
function isHarmless(word: string): boolean {
  const plain = word.replace(VARIABLE, '')
  // Behind our cookie and in headers there are `; ` and parentheses, always in quotes.
  return Array.from(plain).every((it) => it >= ' ' && it <= '~' && !'{}"\'\\$#`<>|^'.includes(it))
}

/** nginx's own rules: blanks, quotes with backslashes, `;`, braces, comments to the end of the line. */
function read(text: string): readonly Said[] | undefined {
  const stack: { words: string[]; block: Said[] }[] = []
  let block: Said[] = []
  let words: string[] = []
  const pieces = text.matchAll(
    /[ \t\r\n]+|#[^\n]*|([;{}])|"((?:[^"\\]|\\[^])*)"|'((?:[^'\\]|\\[^])*)'|((?:[^\s;{}\\]|\\[^])+)/g,
  )
  let end = 0
  for (const [all, sign, double, single, bare] of pieces) {
    end += all.length
    if (sign === ';') {
      if (words.length === 0) return undefined
      block.push({ words, block: [] })
      words = []
    } else if (sign === '{') {
      stack.push({ words, block })
      ;[words, block] = [[], []]
    } else if (sign === '}') {
      const outer = stack.pop()
      if (outer === undefined || words.length > 0) return undefined
      outer.block.push({ words: outer.words, block })
      block = outer.block
    } else {
      const word = double ?? single ?? bare
      if (word !== undefined) words.push(word)
    }
  }
  return end === text.length && stack.length === 0 && words.length === 0 ? block : undefined
}
