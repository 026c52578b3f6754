/**
 * Loaded into every process that runs a test file. The runner waits for such a process to end by
 * itself; one that hangs, or whose tests left something open, would be waited for for ever. Here
 * it is ended instead, and says what it still held.
 */
import { flushCompileCache } from 'node:module'
import { after } from 'node:test'

/** Time for what was closed by the last test to be gone: a child process, a draining socket. */
const LEFTOVERS_MS = 5_000

const fileMsMax = Number(process.env['ROADSTEAD_TEST_FILE_MS_MAX'] ?? 0)
if (fileMsMax > 0)
  setTimeout(() => end(`takes longer than ${fileMsMax / 1_000} s`), fileMsMax).unref()

after(() => {
  setTimeout(() => end('has tests that left something open'), LEFTOVERS_MS).unref()
  // An end without it has Node wait for each request that is still under way, such as a dial to a
  // server that is gone, and once in hundreds of files that wait never ended, on a whole processor.
  process.on('exit', () => {
    flushCompileCache()
    process.exit()
  })
})

function end(what: string): void {
  // Pipes are this process's own input and output.
  const held = process.getActiveResourcesInfo().filter((kind) => kind !== 'PipeWrap')
  process.stderr.write(`${process.argv[1] ?? 'this file'} ${what}: ${held.join(', ')}\n`)
  process.exit(1)
}
