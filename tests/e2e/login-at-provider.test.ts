/** A person logs in at a provider, in a real browser, through the whole gateway: cookies, redirects and all. */

import test from 'ava'
import type { Browser, Page } from 'playwright-core'
import { decide, openPage, startBrowser } from '../support/browser.ts'
import { freePort } from '../support/free-port.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { needs } from '../support/needs.ts'
import { type OidcUpstream, startOidcUpstream } from '../support/oidc-upstream.ts'
import { callText, connect } from '../support/sdk-client.ts'
import { toolPath } from '../support/tool-path.ts'

const inBrowser = needs('chromium')
let upstream: OidcUpstream
let gateway: TestGateway
let browser: Browser

test.before(async () => {
  if (toolPath('chromium') === undefined) return
  const port = await freePort()
  // Another site than the gateway's: its cookies travel only where a browser lets them.
  upstream = await startOidcUpstream({ redirectUris: [`http://localhost:${port}/callback/okta`] })
  const file = `
providers:
  okta:
    type: oidc
    label: Okta
    issuer: ${upstream.issuer}
    client_id: ${upstream.clientId}
    client_secret: \${secret.OKTA_SECRET}
access: { users: ["*"] }
`
  const environment = { OKTA_SECRET: upstream.clientSecret }
  ;[gateway, browser] = await Promise.all([
    startGateway({ port, file, environment }),
    startBrowser(),
  ])
})

test.after.always(async () => {
  await browser?.close()
  await gateway?.remove()
  await upstream?.stop()
})

/** Through the provider's own pages, as far as they ask. */
async function logInThere(page: Page, name: string): Promise<void> {
  await page.fill('input[name="login"]', name)
  await page.fill('input[name="password"]', 'x')
  await page.click('button[type="submit"]')
  await page.click('button[type="submit"]')
}

inBrowser('without script: approve, log in there, and the tools answer', async (t) => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  t.teardown(() => context.close())
  const first = await connect(`${gateway.url}/echo/mcp`, {
    async approve(url) {
      const page = await openPage(context, url)
      const called = page.waitForRequest((request) =>
        /^http:\/\/[^/]+\/callback\?.*iss=/.test(request.url()),
      )
      await page.click('text=Approve and continue with Okta')
      await logInThere(page, 'alice')
      return new URL((await called).url())
    },
  })
  t.regex(await callText(first.client, 'whoami'), /okta:alice/)
  await first.close()

  const second = await connect(`${gateway.url}/memory/mcp`, {
    async approve(url) {
      const page = await openPage(context, url)
      t.true((await page.textContent('fieldset'))?.includes('alice.l (Okta), signed in'))
      return await decide(page, 'approve')
    },
  })
  t.true((await second.client.listTools()).tools.length > 0)
  await second.close()
})

inBrowser('with the keyboard alone: cancel there, choose Deny here', async (t) => {
  const context = await browser.newContext()
  t.teardown(() => context.close())
  const seen: { text?: string | null; called?: URL } = {}
  const refused = connect(`${gateway.url}/echo/mcp`, {
    async approve(url) {
      const page = await openPage(context, url)
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      await page.click('text=Cancel')
      seen.text = await page.textContent('[role="alert"]')
      const called = page.waitForRequest((request) => request.url().includes('error='))
      await page.keyboard.press('Tab')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      seen.called = new URL((await called).url())
      return seen.called
    },
  })
  await t.throwsAsync(refused)
  t.regex(String(seen.text), /You did not finish the login at Okta/)
  t.is(seen.called?.searchParams.get('error'), 'access_denied')
})

inBrowser('signing in for the gateway’s own pages ends where it began', async (t) => {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 } })
  t.teardown(() => context.close())
  const page = await openPage(context, `${gateway.url}/login`)
  const width = await page.evaluate('document.documentElement.scrollWidth')
  t.true(Number(width) <= 360, `the page is ${width} wide`)
  await page.click('text=Continue with Okta')
  await logInThere(page, 'bob')
  await page.waitForURL(`${gateway.url}/`)
  t.true((await page.textContent('body'))?.includes('bob'))
})
