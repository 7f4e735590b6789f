import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { Browser, Page } from 'playwright-core'
import { stringify } from 'yaml'
import { fixture } from '../support/bridge.ts'
import { decide, openPage, startBrowser } from '../support/browser.ts'
import { startGateway, type TestGateway } from '../support/gateway.ts'
import { callService, onceRevoked } from '../support/mcp-call.ts'
import { needs } from '../support/needs.ts'
import { connect, MemoryProvider } from '../support/sdk-client.ts'
import { toolPath } from '../support/tool-path.ts'

const inBrowser = needs('chromium')
const notes = fixture('prints-environment.ts', {
  description: 'Notes of the tests',
  isolation: 'user',
  env: { KEY: '${secret.NOTES_KEY}' },
  userSecrets: { NOTES_KEY: 'Your key for the notes' },
})
let gateway: TestGateway
let browser: Browser

test.before(async () => {
  if (toolPath('chromium') === undefined) return
  const options = {
    file: stringify({ mcpServers: { notes } }),
    environment: { NOTES_KEY: 'of the operator' },
  }
  ;[gateway, browser] = await Promise.all([startGateway(options), startBrowser()])
})

test.after.always(async () => {
  await browser?.close()
  await gateway?.remove()
})

const press = async (page: Page, name: string): Promise<string> => {
  await page.getByRole('button', { name, exact: true }).first().click()
  await page.waitForURL(/notice=/)
  return (await page.textContent('[role="status"], [role="alert"]')) ?? ''
}

inBrowser('a person enters a secret, uses it, deletes it, and ends the access', async (t) => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  t.teardown(() => context.close())
  const provider = new MemoryProvider()
  const person = {
    approve: async (url: URL | string) => decide(await openPage(context, url), 'approve', 'nina'),
  }
  const begin = () => connect(`${gateway.url}/notes/mcp`, person, { provider })
  const seen = async () => {
    const { client, close } = await begin()
    const result = await client.callTool({ name: 'env', arguments: {} })
    await close()
    return (result as unknown as { env: Record<string, string> }).env['KEY']
  }

  const account = `${gateway.url}/account`
  const missing = new RegExp(`notes needs NOTES_KEY from you: enter it at ${account},`)
  await t.throwsAsync(begin(), { message: missing })
  const page = await openPage(context, account)
  t.regex((await page.textContent('main')) ?? '', /Not entered yet/)
  await page.getByLabel('Your key for the notes').fill('canary of nina')
  t.regex(await press(page, 'Save'), /Saved/)
  t.false((await page.content()).includes('canary'))
  t.is(await seen(), 'canary of nina')
  await page.getByLabel('Your key for the notes').fill('another one')
  await press(page, 'Replace')
  t.is(await seen(), 'another one')
  t.regex(await press(page, 'Delete'), /Deleted/)
  await t.throwsAsync(begin(), { message: missing })

  t.regex((await page.textContent('main')) ?? '', /SDK test client/)
  t.regex(await press(page, 'End access'), /has ended/)
  const { status } = await onceRevoked(() =>
    callService(`${gateway.url}/notes/mcp`, provider.saved?.access_token ?? ''),
  )
  t.is(status, 401, 'the edge refuses its token at once')
  await t.throwsAsync(begin(), { message: /refresh token is not valid/ })
  const log = readFileSync(join(gateway.folder, '.gateway/logs/gateway.log'), 'utf8')
  t.true(log.includes('user secret entered'))
  for (const value of ['canary of nina', 'another one']) t.false(log.includes(value))
})
