import fs from 'node:fs'
import path from 'node:path'
import { RoadsteadError } from '@roadstead/shared/kernel/roadstead-error.ts'

/** Debian keeps nginx and nats-server where the PATH of an ordinary user ends short. */
const SYSTEM_DIRS = ['/usr/sbin', '/sbin', '/usr/local/sbin', '/usr/local/bin']

export function searchPath(ownPath: string | undefined): string {
  const dirs = [...(ownPath ?? '').split(path.delimiter), ...SYSTEM_DIRS].filter(Boolean)
  return [...new Set(dirs)].join(path.delimiter)
}

/** @throws RoadsteadError `missing-program` naming the Debian package. */
export function findProgram(name: string, debianPackage: string, searched: string): string {
  const file = lookForProgram(name, searched)
  if (file === undefined) {
    throw new RoadsteadError('missing-program', { program: name, package: debianPackage })
  }
  return file
}

export function lookForProgram(name: string, searched: string): string | undefined {
  return searched
    .split(path.delimiter)
    .map((dir) => path.join(dir, name))
    .find((file) => isExecutable(file))
}

function isExecutable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK)
    return fs.statSync(file).isFile()
  } catch {
    return false
  }
}
