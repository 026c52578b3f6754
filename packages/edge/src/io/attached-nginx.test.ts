import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { sha256 as digest } from '@roadstead/bus/sha256.ts'
import { seal } from '../core/nginx/envelope.ts'
import { freePort, inTempFolder } from '../testing/bench.ts'
import { AttachedFiles } from './attached-files.ts'
import { AttachedNginx, type Reach } from './attached-nginx.ts'

const OWN_NAME = '0123456789abcdef.rs.invalid'
const good = seal(`# ${OWN_NAME}\n`, digest).text
const ofAnotherLife = seal('# fedcba9876543210.rs.invalid\n', digest).text

/** One that reads our file or does not, and in which nobody listens. */
async function attachedTo(folder: string, isIncluded: boolean, inForce: string | undefined) {
  const include = join(folder, 'routes.conf')
  const files = await AttachedFiles.in(include, join(folder, 'own'), digest)
  const put = async (text: string) => {
    await files.stage(text)
    await files.commit()
  }
  if (inForce !== undefined) await put(inForce)
  await files.stage(seal('# candidate\n', digest).text)
  const dumped: string[] = []
  const reach: Reach = {
    look: async () => ({ kind: 'absent', why: 'not asked' }),
    testBefore: async () => ({ kind: 'cannot', why: 'a pattern' }),
    testInForce: async (dump) => {
      const text = await readFile(include, 'utf8')
      if (dump === 'dump') dumped.push(text)
      return { ended: 'well', output: isIncluded ? text : 'of its own' }
    },
    reload: async () => true,
    oldWorkers: async () => ({ generations: 0, bytes: 0 }),
    leftovers: async () => undefined,
  }
  const port = await freePort()
  const words = { wantedLine: 'write it', whenHopeless: 'look' }
  const nginx = new AttachedNginx({ reach, files, port, ownName: OWN_NAME, ...words })
  return { nginx, dumped, read: () => readFile(include, 'utf8') }
}

for (const [what, text] of Object.entries({ nothing: undefined, good, ofAnotherLife })) {
  test(`whether it is included is asked with what is in force served: ${what}`, async () => {
    for (const isIncluded of [true, false]) {
      await using folder = await inTempFolder()
      const { nginx, dumped, read } = await attachedTo(folder.path, isIncluded, text)
      const before = await read()
      const { ended, output } = await nginx.test()
      assert.equal(ended, isIncluded ? 'well' : 'not-included')
      assert.equal(output === 'write it', !isIncluded)
      assert.equal(dumped[0], before)
      assert.ok(dumped.every((it) => it.endsWith(before)))
      assert.equal(dumped.length, isIncluded && text === good ? 1 : 2)
      assert.equal(await read(), before)
    }
  })
}
