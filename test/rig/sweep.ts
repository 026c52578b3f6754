/** Ends what killed test runs left behind. Runs before and after every `npm test`. */
import { endRun } from './end-run.ts'
import { deadRuns } from './run-folder.ts'

for (const folder of deadRuns()) await endRun(folder)
