/** Everything that can be said about the sources without running them, in seconds. */
import { LAWS, runCheck } from './tasks/run-check.ts'

const stop = new AbortController()
process.on('SIGINT', () => stop.abort())
process.on('SIGTERM', () => stop.abort())

const { failed } = await runCheck([LAWS], stop.signal)
process.exitCode = failed === 0 ? 0 : 1
