import { chown, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Written, written } from './write-whole.ts'

/** Names of such files, as they stand in the text of nginx: each says what is in it. */
const NAMED = /\b(?:users|profile|certificate|key)-[0-9a-f]{32}\b/g
const NAME = /^(?:users|profile|certificate|key)-[0-9a-f]{32}$/

/** Read by each worker, and by nobody else. */
const USERS_MODE = 0o640
/** Directives only, without a secret: whoever tests that nginx may read them. */
const PROFILE_MODE = 0o644

/**
 * Writes what a text of nginx names beside it. A worker opens such a file for each request, so it is
 * there before the text is, and its group is that of the workers; one that is there is as its name
 * says, or is written anew.
 *
 * @param group of the workers; undefined when they run as we do.
 */
export async function putUserFiles(
  folder: string,
  files: ReadonlyMap<string, string>,
  group: number | undefined,
): Promise<Written> {
  for (const [name, content] of files) {
    const path = join(folder, name)
    if ((await readFile(path, 'utf8').catch(() => undefined)) === content) continue
    const mode = name.startsWith('profile-') ? PROFILE_MODE : USERS_MODE
    const outcome = await written(() => putWhole(path, content, mode, group))
    if (outcome.kind !== 'written') {
      await written(() => rm(`${path}.new`, { force: true }))
      return outcome
    }
  }
  return { kind: 'written' }
}

/**
 * Takes away those that no text names which runs or may be gone back to. A profile that stays names
 * files as well: the one for `http` includes the one for servers, also where no server of ours does.
 */
export async function sweepNamedFiles(folder: string, texts: readonly string[]): Promise<void> {
  const named = new Set(texts.flatMap((text) => namedIn(text)))
  for (const name of [...named].filter((it) => it.startsWith('profile-'))) {
    const profile = await unlessAbsent(readFile(join(folder, name), 'utf8'))
    for (const inner of namedIn(profile ?? '')) named.add(inner)
  }
  for (const name of await readdir(folder).catch(() => [])) {
    if (NAME.test(name) && !named.has(name)) await rm(join(folder, name), { force: true })
  }
}

/** The first folder on the way to this one that workers of this group cannot pass through. */
export async function shutFolder(folder: string, group: number): Promise<string | undefined> {
  for (let path = folder; ; path = dirname(path)) {
    const { mode, gid } = await stat(path)
    const mayPass = (mode & 0o001) !== 0 || (gid === group && (mode & 0o010) !== 0)
    if (!mayPass) return path
    if (path === dirname(path)) return undefined
  }
}

/** Nothing where there is no such file; whatever else keeps it from being read is an error. */
export async function unlessAbsent<Value>(found: Promise<Value>): Promise<Value | undefined> {
  try {
    return await found
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

export function namedIn(text: string): readonly string[] {
  return text.match(NAMED) ?? []
}

async function putWhole(
  path: string,
  content: string,
  mode: number,
  group: number | undefined,
): Promise<void> {
  const temporary = `${path}.new`
  {
    await using file = await open(temporary, 'w', mode)
    await file.writeFile(content)
    // Whatever the mask of this process is.
    await file.chmod(mode)
    await file.sync()
  }
  if (group !== undefined) await chown(temporary, 0, group)
  await rename(temporary, path)
}
