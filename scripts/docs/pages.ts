import { adrIndex } from './adr-index.ts'
import { configPage } from './config-page.ts'
import { dialectsPage } from './dialects-page.ts'
import { errorsPage } from './errors-page.ts'
import { labelsPage } from './labels-page.ts'
import { metricsPage } from './metrics-page.ts'
import { policyPage } from './policy-page.ts'
import { reasonsPage } from './reasons-page.ts'
import { subjectsPage } from './subjects-page.ts'
import type { Page } from './page.ts'

/** Every page that is made from code, as it should be now. */
export async function madePages(): Promise<Page[]> {
  return [
    errorsPage(),
    reasonsPage(),
    labelsPage(),
    dialectsPage(),
    policyPage(),
    subjectsPage(),
    await configPage(),
    await metricsPage(),
    adrIndex(),
  ]
}
