/** A real browser that answers the page as a person would: Chromium without a window. */

import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { toolPath } from './tool-path.ts'

/** None of these reaches out by itself: tests stay on this machine. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

export async function startBrowser(): Promise<Browser> {
  const executablePath = toolPath('chromium')
  if (executablePath === undefined) throw new Error('no chromium')
  return await chromium.launch({ executablePath, headless: true, args: ARGUMENTS })
}

/** Opens the page in a tab of its own; the login is typed where the page asks for one. */
export async function openPage(context: BrowserContext, url: URL | string): Promise<Page> {
  const page = await context.newPage()
  await page.goto(String(url))
  return page
}

/** Writes the name, where one is given, presses a button, and resolves with the address that the client would be called at. */
export async function decide(
  page: Page,
  decision: 'approve' | 'deny',
  username?: string,
): Promise<URL> {
  if (username !== undefined) await page.fill('input[name="username"]', username)
  // Nobody listens there: the request is what counts.
  const called = page.waitForRequest((request) => new URL(request.url()).pathname === '/callback')
  await page.click(`button[name="decision"][value="${decision}"]`)
  return new URL((await called).url())
}
