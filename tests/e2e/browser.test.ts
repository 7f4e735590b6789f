import test from 'ava'
import type { Browser } from 'playwright-core'
import { decide, openPage, startBrowser } from '../support/browser.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { needs } from '../support/needs.ts'
import { callText, connect } from '../support/sdk-client.ts'
import { toolPath } from '../support/tool-path.ts'

const inBrowser = needs('chromium')
let gateway: TestGateway
let browser: Browser

test.before(async () => {
  if (toolPath('chromium') === undefined) return
  ;[gateway, browser] = await Promise.all([startGateway(), startBrowser()])
})

test.after.always(async () => {
  await browser?.close()
  await gateway?.remove()
})

inBrowser('a person logs in with a browser, and the second login is one click', async (t) => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  t.teardown(() => context.close())
  const person = {
    approve: async (url: URL | string) => decide(await openPage(context, url), 'approve', 'carol'),
  }
  const first = await connect(`${gateway.url}/echo/mcp`, person)
  t.regex(await callText(first.client, 'whoami'), /dev:carol/)
  await first.close()

  const silent = {
    approve: async (url: URL | string) => {
      const page = await openPage(context, url)
      t.true((await page.textContent('body'))?.includes('signed in as carol'))
      return await decide(page, 'approve')
    },
  }
  const second = await connect(`${gateway.url}/memory/mcp`, silent)
  t.true((await second.client.listTools()).tools.length > 0)
  t.is(second.provider.saved?.token_type, 'Bearer')
  await second.close()
})

inBrowser(
  'the page fits a phone, runs no script, and says who asks and where it leads',
  async (t) => {
    const context = await browser.newContext({ viewport: { width: 360, height: 740 } })
    t.teardown(() => context.close())
    const faults: string[] = []
    const person = {
      approve: async (url: URL | string) => {
        const page = await context.newPage()
        page.on('console', (message) => faults.push(message.text()))
        page.on('pageerror', (error) => faults.push(error.message))
        await page.goto(String(url))
        const text = await page.textContent('body')
        for (const part of ['SDK test client', 'localhost', 'echo'])
          t.true(text?.includes(part), part)
        const width = await page.evaluate('document.documentElement.scrollWidth')
        t.true(Number(width) <= 360, `the page is ${width} wide`)
        return await decide(page, 'approve', 'dave')
      },
    }
    const connection = await connect(`${gateway.url}/echo/mcp`, person)
    await connection.close()
    t.deepEqual(faults, [], 'nothing is blocked, missing or broken')
  },
)

inBrowser('three tabs opened at once all finish, in any order', async (t) => {
  const context = await browser.newContext()
  t.teardown(() => context.close())
  const tabs: { url: URL; resolve: (answer: URL) => void }[] = []
  const person = {
    approve: (url: URL | string) =>
      new Promise<URL>((resolve) => tabs.push({ url: new URL(url), resolve })),
  }
  const services = ['echo', 'memory', 'everything']
  const connections = services.map((service) => connect(`${gateway.url}/${service}/mcp`, person))
  while (tabs.length < services.length) await new Promise((resolve) => setTimeout(resolve, 20))
  const pages = await Promise.all(tabs.map(({ url }) => openPage(context, url)))
  for (const index of [1, 2, 0]) {
    const page = pages[index]
    if (page === undefined) throw new Error('no page')
    tabs[index]?.resolve(await decide(page, 'approve', 'erin'))
  }
  for (const connection of await Promise.all(connections)) {
    t.truthy((await connection.client.listTools()).tools.length)
    await connection.close()
  }
})
