import { tempPaths } from './main-file.ts'
import type { NginxFeatures } from './version.ts'

/** Whether endpoints can change without a reload here; if not, why, for a person. */
export type Tier =
  | { readonly kind: 'live'; readonly modules: readonly string[] }
  | { readonly kind: 'reload'; readonly reason: string }

/** The modules have to be loaded in this order. */
const MODULES = ['ndk_http_module.so', 'ngx_http_lua_module.so'] as const

/** What to try, in this order: modules from their folder, then those that are built in. */
export function moduleChoices(modulesPath: string | undefined): readonly (readonly string[])[] {
  const loaded = modulesPath === undefined ? [] : [MODULES.map((name) => `${modulesPath}/${name}`)]
  return [...loaded, []]
}

/** The smallest file that uses everything the live tier needs. */
export function probeFile(modules: readonly string[], features: NginxFeatures): string {
  return `# Written by roadstead-edge to try what this nginx can do; it never runs.
pid probe.pid;
error_log stderr error;
${modules.map((path) => `load_module ${path};\n`).join('')}
events {
}

http {
  ${tempPaths(features)}
  lua_shared_dict rs_probe 64k;
  init_by_lua_block {
    require("ngx.balancer")
    require("ngx.resp")
    if not ngx.shared.rs_probe.free_space then error("shared memory is too old") end
  }
  server {
    listen unix:probe.sock;
    set_by_lua_block $rs_probe { return "" }
    location / {
      return 204;
    }
  }
}
`
}

/** @param output what nginx said when it refused the file with modules from their folder. */
export function whyNoLua(output: string, modulesPath: string | undefined): string {
  if (/ngx\.balancer|ngx\.resp|resty\.core/.test(output)) {
    return 'the Lua module of nginx lacks its libraries: apt-get install lua-resty-core'
  }
  if (/is not binary compatible|version \d+ instead of/.test(output)) {
    return 'the Lua module was built for another nginx: install both from one place'
  }
  if (modulesPath === undefined) return 'this nginx was built without modules and without Lua'
  if (/cannot open shared object|dlopen\(\)/.test(output)) {
    return 'nginx has no Lua module: apt-get install libnginx-mod-http-lua'
  }
  const said = /\[(?:emerg|error)\] (.*)/.exec(output)?.[1]?.slice(0, REASON_CHARS_MAX)
  return `nginx cannot run the live tier: ${said ?? 'it does not say why'}`
}

/** One line for a table. */
const REASON_CHARS_MAX = 120
