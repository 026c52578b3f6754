import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { modulesPathOf } from '../core/nginx-build.ts'
import { lookForProgram } from './find-program.ts'

const LUA_MODULE = 'ngx_http_lua_module.so'

const ANSWER_MS_MAX = 3_000

/** What an edge on this machine would find. Whether the module fits, the edge itself tries. */
export type NginxHere =
  | { readonly kind: 'none' }
  | { readonly kind: 'without-lua'; readonly program: string }
  | { readonly kind: 'with-lua'; readonly program: string; readonly module: string }

export function nginxHere(searched: string): NginxHere {
  const program = lookForProgram('nginx', searched)
  if (program === undefined) return { kind: 'none' }
  const { stderr } = spawnSync(program, ['-V'], { encoding: 'utf8', timeout: ANSWER_MS_MAX })
  const modulesPath = modulesPathOf(stderr ?? '')
  const module = modulesPath === undefined ? undefined : path.join(modulesPath, LUA_MODULE)
  return module !== undefined && fs.existsSync(module)
    ? { kind: 'with-lua', program, module }
    : { kind: 'without-lua', program }
}
