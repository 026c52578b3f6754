import { copyFileSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { findProgram } from '../rig/image/host-files.ts'

/** It may talk to this machine only, and to nobody of its own accord. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-default-apps',
  '--disable-domain-reliability',
  '--disable-features=OptimizationHints,MediaRouter,DialMediaRouteProvider',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
]

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: findProgram('chromium'),
    headless: true,
    args: ARGUMENTS,
  })
}

/** What a page did that no page of ours may do. */
export interface Misdeeds {
  readonly dialogs: string[]
  readonly violations: string[]
  readonly errors: string[]
}

export async function watch(page: Page): Promise<Misdeeds> {
  const misdeeds: Misdeeds = { dialogs: [], violations: [], errors: [] }
  page.on('dialog', (dialog) => {
    misdeeds.dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  page.on('pageerror', (error) => misdeeds.errors.push(error.message))
  page.on('console', (message) => {
    if (/Content Security Policy|Trusted/.test(message.text())) {
      misdeeds.violations.push(message.text())
    }
  })
  return Promise.resolve(misdeeds)
}

/**
 * Takes a picture into the folder of the run. With ROADSTEAD_TEST_PICTURES set to a folder, a copy is
 * kept there for somebody to look at.
 */
export async function picture(page: Page, folder: string, name: string): Promise<void> {
  const file = path.join(folder, `${name}.png`)
  await page.screenshot({ path: file, fullPage: true })
  const keep = process.env['ROADSTEAD_TEST_PICTURES']
  if (keep === undefined || keep === '') return
  mkdirSync(keep, { recursive: true })
  copyFileSync(file, path.join(keep, `${name}.png`))
}
