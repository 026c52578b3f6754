/** Whether nginx can serve streams here; if not, why, for a person. */
export type StreamModule =
  | { readonly kind: 'there'; readonly modules: readonly string[] }
  | { readonly kind: 'missing'; readonly reason: string }

const MODULE = 'ngx_stream_module.so'

/** What to try, in this order: the module from its folder, then one that is built in. */
export function streamModuleChoices(
  modulesPath: string | undefined,
): readonly (readonly string[])[] {
  return [...(modulesPath === undefined ? [] : [[`${modulesPath}/${MODULE}`]]), []]
}

/** The smallest file that uses what streams need. */
export function streamProbeFile(modules: readonly string[]): string {
  return `# Written by roadstead-edge to try what this nginx can do; it never runs.
pid probe.pid;
error_log stderr error;
${modules.map((path) => `load_module ${path};\n`).join('')}
events {
}

stream {
  upstream probe {
    zone probe 32k;
    hash $remote_addr consistent;
    server 127.0.0.1:1 max_fails=0;
  }
  server {
    listen unix:probe-stream.sock;
    allow all;
    proxy_pass probe;
  }
}
`
}

/** @param output what nginx said when it refused the file with the module from its folder. */
export function whyNoStreams(output: string, modulesPath: string | undefined): string {
  if (/is not binary compatible|version \d+ instead of/.test(output)) {
    return 'the stream module was built for another nginx: install both from one place'
  }
  if (modulesPath === undefined) return 'this nginx was built without modules and without streams'
  if (/cannot open shared object|dlopen\(\)/.test(output)) {
    return 'nginx has no stream module: apt-get install libnginx-mod-stream'
  }
  const said = /\[(?:emerg|error)\] (.*)/.exec(output)?.[1]?.slice(0, REASON_CHARS_MAX)
  return `nginx cannot serve streams: ${said ?? 'it does not say why'}`
}

/** One line for a table. */
const REASON_CHARS_MAX = 120

/** What the main file holds for streams; none of it where they cannot be served. */
export interface StreamMain {
  readonly modules: readonly string[]
}

export function streamTop(streams: StreamMain | undefined): string {
  return (streams?.modules ?? []).map((path) => `load_module ${path};\n`).join('')
}

export function streamInclude(streams: StreamMain | undefined, file: string): string {
  return streams === undefined ? '' : `\ninclude ${file};\n`
}
