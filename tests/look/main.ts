/**
 * `npm run look -- FOLDER [NAME…]`: pictures of every page, or of those whose names begin so, on a phone
 * and on a desk, light and dark: for people to look at.
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { findTools } from '../runner/tools.ts'
import { startBrowser } from '../support/browser.ts'
import { EXHIBITS } from '../support/page-gallery/exhibits.ts'
import { type Gallery, openGallery } from '../support/page-gallery/gallery.ts'

const SIGHTS = [
  { width: 360, colorScheme: 'light' },
  { width: 360, colorScheme: 'dark' },
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
] as const
type Sight = (typeof SIGHTS)[number]

/** A page with more of them opened shows nothing that one of these does not. */
const DETAILS_MAX = 12

interface Camera {
  readonly folder: string
  readonly gallery: Gallery
  readonly browser: Browser
}

async function takePictures({ folder, gallery, browser }: Camera, { width, colorScheme }: Sight) {
  const viewport = { width, height: width < 500 ? 740 : 900 }
  const context = await browser.newContext({ colorScheme, viewport })
  const page = await context.newPage()
  for (const name of names) {
    await page.goto(gallery.urlOf(name))
    const take = (state: string) =>
      page.screenshot({
        path: join(folder, `${name}${state}-${width}-${colorScheme}.png`),
        fullPage: true,
      })
    await take('')
    if (await openDetails(page)) await take('-opened')
  }
  await context.close()
}

/** Whether there was something to open. */
async function openDetails(page: Page): Promise<boolean> {
  const count = await page.locator('details').count()
  if (count === 0 || count > DETAILS_MAX) return false
  await page.locator('details').evaluateAll((all) => {
    for (const details of all) details.setAttribute('open', '')
  })
  return true
}

const [folder, ...starts] = process.argv.slice(2)
if (folder === undefined) {
  console.error('npm run look -- FOLDER [NAME…]: where to put the pictures, and of which pages')
  process.exit(2)
}
Object.assign(process.env, await findTools(process.env))
mkdirSync(folder, { recursive: true })
const names = EXHIBITS.filter(({ name, isVariant }) => !isVariant || starts.includes(name))
  .map(({ name }) => name)
  .filter((name) => starts.length === 0 || starts.some((start) => name.startsWith(start)))
const [gallery, browser] = await Promise.all([openGallery(), startBrowser()])
try {
  for (const sight of SIGHTS) await takePictures({ folder, gallery, browser }, sight)
} finally {
  await browser.close()
  await gallery.close()
}
console.log(`${names.length} pages, in ${SIGHTS.length} pictures each, in ${folder}`)
