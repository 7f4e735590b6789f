import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { PLAIN_BRANDING } from '../../lib/catalogue/branding.ts'
import { startBrowser } from '../support/browser.ts'
import { needs } from '../support/needs.ts'
import { EXHIBITS } from '../support/page-gallery/exhibits.ts'
import { type Gallery, openGallery } from '../support/page-gallery/gallery.ts'
import { toolPath } from '../support/tool-path.ts'

const inBrowser = needs('chromium')
const AXE = readFileSync(
  join(import.meta.dirname, '../../node_modules/axe-core/axe.min.js'),
  'utf8',
)
const NAMES = EXHIBITS.filter(({ isVariant }) => !isVariant).map(({ name }) => name)
/** A phone, and the width to which WCAG 2.2, 1.4.10 wants pages to shrink. */
const NARROW = [360, 320]

let gallery: Gallery
let browser: Browser

test.before(async () => {
  if (toolPath('chromium') === undefined) return
  ;[gallery, browser] = await Promise.all([
    openGallery({ ...PLAIN_BRANDING, help: 'mailto:help@example.com' }),
    startBrowser(),
  ])
})

test.after.always(async () => {
  await browser?.close()
  await gallery?.close()
})

async function openTab(t: ExecutionContext, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext(options)
  t.teardown(() => context.close())
  return await context.newPage()
}

async function visit(page: Page, name: string): Promise<void> {
  await page.goto(gallery.urlOf(name))
}

/** What axe-core finds on a page that has been given it, with where; by some of its rules alone, if any are named. */
async function findingsOf(page: Page, rules?: readonly string[]): Promise<readonly string[]> {
  const options = { resultTypes: ['violations'], ...(rules && { runOnly: rules }) }
  const { violations } = (await page.evaluate(`axe.run(${JSON.stringify(options)})`)) as {
    violations: { id: string; nodes: { html: string }[] }[]
  }
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

const openAll = (page: Page): Promise<unknown> =>
  page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")

/** In the dark nothing but colours is different. */
const RULES = { light: undefined, dark: ['color-contrast', 'link-in-text-block'] } as const

/** Colours do not depend on the width, nor the rest on the colours. */
const VIEWS = [
  [360, 'light'],
  [1280, 'dark'],
] as const

inBrowser(
  'every page can be used by everybody: on a phone and a desk, light and dark',
  async (t) => {
    const page = await openTab(t, {})
    for (const name of NAMES) {
      await visit(page, name)
      await page.evaluate(AXE)
      for (const [width, colorScheme] of VIEWS) {
        await page.setViewportSize({ width, height: 800 })
        await page.emulateMedia({ colorScheme })
        const findings = await findingsOf(page, RULES[colorScheme])
        t.deepEqual(findings, [], `${name}, ${colorScheme}, ${width} pixels`)
      }
    }
  },
)

inBrowser('no page wants what its own policy forbids, or anything but its own files', async (t) => {
  const page = await openTab(t, {})
  const complaints: string[] = []
  const asked = new Set<string>()
  const pages = new Set(NAMES.map((name) => gallery.urlOf(name)))
  page.on('console', (message) => complaints.push(message.text()))
  page.on('request', (request) => asked.add(request.url()))
  for (const name of NAMES) await visit(page, name)
  // A status of 400 and more is a complaint to the console, of which the browser says no more.
  const other = complaints.filter((text) => !text.startsWith('Failed to load resource'))
  t.deepEqual(other, [])
  const files = [...asked].filter((url) => !pages.has(url)).map((url) => new URL(url))
  t.deepEqual(files.map(({ pathname }) => pathname).sort(), [
    '/assets/icon.svg',
    '/assets/logo',
    '/assets/style.css',
  ])
})

/** Height and width of what a finger has to hit; links within a text are as high as it. */
const TARGETS = `[...document.querySelectorAll('button, .button, .links a, .brand, input:not([type="hidden"]), summary')]
  .filter((one) => one.checkVisibility())
  .map((one) => one.closest('label') ?? one)
  .map((one) => ({ html: one.outerHTML.slice(0, 80), ...one.getBoundingClientRect().toJSON() }))`

inBrowser('no page has to be scrolled sideways, and a finger hits what it wants to', async (t) => {
  const page = await openTab(t, { hasTouch: true })
  for (const name of NAMES) {
    await visit(page, name)
    await openAll(page)
    for (const width of NARROW) {
      await page.setViewportSize({ width, height: 640 })
      const needed = Number(await page.evaluate('document.documentElement.scrollWidth'))
      t.true(needed <= width, `${name} needs ${needed} of ${width} pixels`)
    }
    const targets = (await page.evaluate(TARGETS)) as {
      html: string
      height: number
      width: number
    }[]
    const small = targets.filter(({ height, width }) => height < 44 || width < 44)
    t.deepEqual(small, [], name)
  }
})

/** What can be operated, in the order of the page; of radio buttons with one name one is enough. */
const STOPS = `[...document.querySelectorAll('a[href], button, input:not([type="hidden"]), summary, [tabindex="0"]')]
  .filter((one) => one.checkVisibility())
  .filter((one, at, all) => one.type !== 'radio' || one.checked ||
    !(all.some((other) => other.name === one.name && other.checked) || all.findIndex((other) => other.name === one.name) < at))`
const FOCUSED = `(() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement)
  const { top, bottom } = document.activeElement.getBoundingClientRect()
  return {
    at: ${STOPS}.indexOf(document.activeElement),
    isSeen: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && bottom > 0 && top < innerHeight,
  }
})()`

inBrowser('everything on every page is reached by Tab, in its order, and seen to be', async (t) => {
  const page = await openTab(t, { viewport: { width: 360, height: 740 } })
  for (const name of NAMES.filter((one) => !one.endsWith('crowded'))) {
    await visit(page, name)
    await openAll(page)
    // Wherever a page puts the focus itself, it is gone through from the corner.
    await page.mouse.click(1, 1)
    const count = Number(await page.evaluate(`${STOPS}.length`))
    for (let expected = 0; expected < count; expected += 1) {
      await page.keyboard.press('Tab')
      const focused = (await page.evaluate(FOCUSED)) as { at: number; isSeen: boolean }
      t.deepEqual(focused, { at: expected, isSeen: true }, `${name}: stop ${expected} of ${count}`)
    }
  }
})

/** What the form that is sent now says. Nothing here answers it. */
async function sentBy(page: Page, send: () => Promise<void>): Promise<Record<string, string>> {
  const sent = page.waitForRequest((request) => request.method() === 'POST')
  const arrived = page.waitForEvent('load')
  await send()
  await arrived
  return Object.fromEntries(new URLSearchParams((await sent).postData() ?? ''))
}

const tabTo = async (page: Page, selector: string): Promise<void> => {
  for (let count = 0; count < 100; count += 1) {
    await page.keyboard.press('Tab')
    if (await page.evaluate(`document.activeElement.matches(${JSON.stringify(selector)})`)) return
  }
  throw new Error(`${selector} is not reached`)
}

inBrowser('a decision is made by keyboard alone, without a program on the page', async (t) => {
  const page = await openTab(t, {})
  await visit(page, 'consent-everything-at-once')
  await tabTo(page, 'input[name="service"]')
  await page.keyboard.press('Space')
  await page.keyboard.press('ArrowDown')
  await tabTo(page, 'input[name="provider"]')
  await page.keyboard.press('ArrowDown')
  await tabTo(page, 'button[value="approve"]')
  const { named, ...approved } = await sentBy(page, () => page.keyboard.press('Enter'))
  t.truthy(named)
  t.deepEqual(approved, {
    interaction: 'interaction',
    service: 'fetchs',
    provider: 'github',
    decision: 'approve',
  })

  await visit(page, 'consent-providers')
  await tabTo(page, 'button[value="deny"]')
  const denied = await sentBy(page, () => page.keyboard.press('Space'))
  t.is(denied['decision'], 'deny', 'without having chosen who is asked')
})

inBrowser(
  'Enter in the field of the name approves, and a name that is none is not sent',
  async (t) => {
    const page = await openTab(t, {})
    await visit(page, 'consent-computer')
    await tabTo(page, '#username')
    await page.keyboard.type('no name')
    await page.keyboard.press('Enter')
    t.true(await page.locator('#username:invalid').isVisible())
    await page.fill('#username', 'ada')
    t.deepEqual(await sentBy(page, () => page.keyboard.press('Enter')), {
      interaction: 'interaction',
      username: 'ada',
      decision: 'approve',
    })
  },
)

inBrowser('a device is connected by typing its code and Enter', async (t) => {
  const page = await openTab(t, {})
  await visit(page, 'device-code')
  await page.waitForSelector('#user_code:focus')
  await page.keyboard.type('bcdf-ghjk')
  const sent = await sentBy(page, () => page.keyboard.press('Enter'))
  t.deepEqual(sent, { user_code: 'bcdf-ghjk' })
})

inBrowser('access is ended and a secret entered by keyboard alone', async (t) => {
  const page = await openTab(t, {})
  await visit(page, 'account-full')
  await tabTo(page, 'button[value="revoke"]')
  const revoked = await sentBy(page, () => page.keyboard.press('Enter'))
  t.is(revoked['change'], 'revoke')
  t.truthy(revoked['grant'])

  await visit(page, 'account-secrets')
  await tabTo(page, 'input[type="password"]')
  await page.keyboard.type('hunter2')
  const { proof, ...entered } = await sentBy(page, () => page.keyboard.press('Enter'))
  t.truthy(proof)
  t.deepEqual(entered, {
    service: 'calendar',
    name: 'CALENDAR_KEY',
    value: 'hunter2',
    change: 'enter-secret',
  })
})

inBrowser('what to paste is opened by keyboard, and one click selects all of it', async (t) => {
  const page = await openTab(t, {})
  await visit(page, 'home-one')
  await tabTo(page, 'summary')
  await page.keyboard.press('Enter')
  await tabTo(page, '.client:nth-of-type(2) summary')
  await page.keyboard.press('Space')
  const line = page.locator('.client[open] .copy')
  t.is(
    await line.textContent(),
    'claude mcp add --transport http calendar https://calendar.tools.example.com/mcp',
  )
  await line.click()
  t.is(await page.evaluate('getSelection().toString()'), await line.textContent())
})

inBrowser('in forced colours nothing that can be operated loses its outline', async (t) => {
  const page = await openTab(t, { forcedColors: 'active', viewport: { width: 360, height: 740 } })
  for (const name of ['consent-everything-at-once', 'account-full', 'home-one', 'error-away']) {
    await visit(page, name)
    await openAll(page)
    const bare =
      await page.evaluate(`[...document.querySelectorAll('main, button, .button, .copy, input[type="text"], input[type="password"]')]
      .filter((one) => parseFloat(getComputedStyle(one).borderTopWidth) < 1).map((one) => one.outerHTML)`)
    t.deepEqual(bare, [], name)
    await page.evaluate(AXE)
    t.deepEqual(await findingsOf(page), [], name)
  }
})
