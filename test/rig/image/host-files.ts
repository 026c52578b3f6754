import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, realpath } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { TarEntry } from './tar.ts'

const run = promisify(execFile)

/** A program of this machine with the shared libraries that it needs, each at its own place. */
export async function programFiles(program: string, at = program): Promise<TarEntry[]> {
  const libraries = await librariesOf(program)
  const files = [{ from: program, to: at }, ...libraries.map((path) => ({ from: path, to: path }))]
  return Promise.all(
    files.map(async ({ from, to }) => ({
      path: to.slice(1),
      content: await readFile(await realpath(from)),
      mode: 0o755,
    })),
  )
}

/** Where a program is; it may lie where the PATH of an ordinary user ends short. */
export function findProgram(name: string): string {
  const dirs = [...(process.env['PATH'] ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/local/sbin']
  const dir = dirs.find((it) => it !== '' && existsSync(`${it}/${name}`))
  if (dir === undefined) throw new Error(`${name} is not installed: npm run setup`)
  return `${dir}/${name}`
}

async function librariesOf(program: string): Promise<string[]> {
  // ldd fails on a static program, which needs nothing.
  const { stdout } = await run('ldd', [program]).catch(() => ({ stdout: '' }))
  const paths = [...stdout.matchAll(/(?:=>\s*)?(\/\S+)\s+\(0x/g)].map(([, path = '']) => path)
  return [...new Set(paths)]
}
