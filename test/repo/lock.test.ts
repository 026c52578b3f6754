import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { law } from './law.ts'
import { filesMatching, read } from './tree.ts'

const Names = z.record(z.string(), z.string()).default({})

const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      resolved: z.string().optional(),
      integrity: z.string().optional(),
      link: z.boolean().optional(),
      dependencies: Names,
      devDependencies: Names,
      optionalDependencies: Names,
      hasInstallScript: z.boolean().optional(),
    }),
  ),
})

const Manifest = z.object({
  dependencies: Names,
  devDependencies: Names,
  optionalDependencies: Names,
})

const { packages } = Lock.parse(JSON.parse(read('package-lock.json')))
const allowScripts = z
  .object({ allowScripts: z.record(z.string(), z.boolean()) })
  .parse(JSON.parse(read('package.json'))).allowScripts

// `npm install` silently drops parts for other systems that its registry lacks; `npm ci` then fails
// for everybody. The remedy is an older version whose parts are all there.
law('the lock holds every optional part that its packages name', () =>
  Object.entries(packages).flatMap(([where, entry]) =>
    Object.keys(entry.optionalDependencies)
      .filter((name) => !isLocked(where, name))
      .map((name) => `package-lock.json:1: ${where} names ${name}, which is not in the lock`),
  ),
)

law('the lock names no registry', () =>
  Object.entries(packages)
    .filter(([, { resolved }]) => resolved !== undefined && /^[a-z+]+:/.test(resolved))
    .map(([where]) => `package-lock.json:1: ${where} has a "resolved" address, delete it`),
)

law('everything that is fetched has a checksum', () =>
  Object.entries(packages)
    .filter(([where, { link }]) => where.includes('node_modules/') && link !== true)
    .filter(([, { integrity }]) => integrity === undefined)
    .map(([where]) => `package-lock.json:1: ${where} has no "integrity"`),
)

law('no package runs a script when it is installed', () =>
  Object.entries(packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([where]) => where.replace(/^.*node_modules\//, ''))
    .filter((name) => allowScripts[name] !== false)
    .map((name) => `package.json:1: ${name} has an install script, deny it in allowScripts`),
)

test('the lock and the manifests agree', () => {
  for (const file of filesMatching(/^((packages\/[^/]+|test|bench)\/)?package\.json$/)) {
    const manifest = Manifest.parse(JSON.parse(read(file)))
    const { dependencies, devDependencies, optionalDependencies } = packages[
      file.replace(/\/?package\.json$/, '')
    ] ?? { dependencies: {}, devDependencies: {}, optionalDependencies: {} }
    assert.deepEqual({ dependencies, devDependencies, optionalDependencies }, manifest, file)
  }
})

law('versions are exact, and the same in every package', () => {
  const seen = new Map<string, string>()
  return filesMatching(/^((packages\/[^/]+|test|bench)\/)?package\.json$/).flatMap((file) => {
    const manifest = Manifest.parse(JSON.parse(read(file)))
    return Object.values(manifest).flatMap((names) =>
      Object.entries(names).flatMap(([name, version]) => {
        if (name.startsWith('@roadstead/')) return []
        const other = seen.get(name) ?? version
        seen.set(name, other)
        if (!/^\d/.test(version)) return [`${file}:1: ${name} ${version} is banned, pin it`]
        return other === version ? [] : [`${file}:1: ${name} ${version} is banned, use ${other}`]
      }),
    )
  })
})

/** As Node looks for it: beside the package, then in each folder above. */
function isLocked(where: string, name: string): boolean {
  const above = where.split('/node_modules/')
  return (
    above.some((_, index) => {
      const folder = above.slice(0, above.length - index).join('/node_modules/')
      return packages[`${folder === '' ? '' : `${folder}/`}node_modules/${name}`] !== undefined
    }) || packages[`node_modules/${name}`] !== undefined
  )
}
