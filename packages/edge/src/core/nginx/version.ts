/** What the nginx at hand is and can do, from `nginx -V`. */
export interface NginxFeatures {
  readonly version: string
  /** Directive `keepalive_min_timeout`: connections in use survive a reload. */
  readonly hasKeepaliveMinTimeout: boolean
  /** Whether it can speak TLS at all; how HTTP/2 is asked for: newer ones warn of the word in `listen`. */
  readonly tls: { readonly http2: 'no' | 'word' | 'directive' } | undefined
  /** Modules whose temporary folders must be placed, or nginx would use the system's. */
  readonly tempPathModules: readonly ('fastcgi' | 'uwsgi' | 'scgi')[]
  /** Folder of modules that can be loaded; undefined when this nginx was built without one. */
  readonly modulesPath: string | undefined
}

/** @param output of `nginx -V`, which prints to standard error. */
export function readFeatures(output: string): NginxFeatures | undefined {
  const found = /nginx version: [^/\s]+\/(\d+)\.(\d+)\.(\d+)/.exec(output)
  if (found === null) return undefined
  const [major = 0, minor = 0, patch = 0] = found.slice(1).map(Number)
  return {
    version: `${major}.${minor}.${patch}`,
    hasKeepaliveMinTimeout: atLeast([major, minor, patch], [1, 27, 4]),
    tls: tlsOf(output, [major, minor, patch]),
    tempPathModules: (['fastcgi', 'uwsgi', 'scgi'] as const).filter(
      (name) => !output.includes(`--without-http_${name}_module`),
    ),
    modulesPath: /--modules-path=([A-Za-z0-9_./-]+)/.exec(output)?.[1],
  }
}

function tlsOf(output: string, version: readonly number[]): NginxFeatures['tls'] {
  if (!output.includes('--with-http_ssl_module')) return undefined
  if (!output.includes('--with-http_v2_module')) return { http2: 'no' }
  return { http2: atLeast(version, [1, 25, 1]) ? 'directive' : 'word' }
}

function atLeast(version: readonly number[], least: readonly number[]): boolean {
  for (const [at, number] of least.entries()) {
    const difference = (version[at] ?? 0) - number
    if (difference !== 0) return difference > 0
  }
  return true
}
