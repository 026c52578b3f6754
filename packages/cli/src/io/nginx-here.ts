import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { modulesPathOf } from '../core/nginx-build.ts'
import { lookForProgram } from './find-program.ts'

const LUA_MODULE = 'ngx_http_lua_module.so'
const STREAM_MODULE = 'ngx_stream_module.so'

const ANSWER_MS_MAX = 3_000

/** What an edge on this machine would find. Whether the module fits, the edge itself tries. */
export type NginxHere =
  | { readonly kind: 'none' }
  | (Found & { readonly kind: 'without-lua' })
  | (Found & { readonly kind: 'with-lua'; readonly module: string })

interface Found {
  readonly program: string
  /** TCP and UDP can be served. */
  readonly hasStreams: boolean
}

export function nginxHere(searched: string): NginxHere {
  const program = lookForProgram('nginx', searched)
  if (program === undefined) return { kind: 'none' }
  const { stderr } = spawnSync(program, ['-V'], { encoding: 'utf8', timeout: ANSWER_MS_MAX })
  const modulesPath = modulesPathOf(stderr ?? '')
  if (modulesPath === undefined) return { kind: 'without-lua', program, hasStreams: false }
  const module = path.join(modulesPath, LUA_MODULE)
  const hasStreams = fs.existsSync(path.join(modulesPath, STREAM_MODULE))
  return fs.existsSync(module)
    ? { kind: 'with-lua', program, module, hasStreams }
    : { kind: 'without-lua', program, hasStreams }
}
