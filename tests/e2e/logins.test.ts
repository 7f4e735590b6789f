import test from 'ava'
import { startGateway } from '../support/gateway.ts'
import { callText, connect, MemoryProvider } from '../support/sdk-client.ts'
import { verifies } from '../support/verifies.ts'
import { createVisitor } from '../support/visitor.ts'

const [one, two] = await Promise.all([startGateway(), startGateway()])
test.after.always(() => Promise.all([one.remove(), two.remove()]))

verifies('logins-interleaved', async (t) => {
  const browser = createVisitor('alice')
  const waiting: { url: URL; resolve: (answer: URL) => void }[] = []
  // Each client gets as far as the page before anybody answers one.
  const slow = {
    ...browser,
    approve: (url: URL | string) =>
      new Promise<URL>((resolve) => waiting.push({ url: new URL(url), resolve })),
  }
  const services = ['echo', 'memory', 'everything']
  const connections = services.map((service) => connect(`${one.url}/${service}/mcp`, slow))
  while (waiting.length < services.length) await new Promise((resolve) => setTimeout(resolve, 20))
  const pages = await Promise.all(waiting.map(({ url }) => browser.open(url)))
  for (const index of [2, 0, 1]) {
    const page = pages[index]
    if (page === undefined) throw new Error('no page')
    waiting[index]?.resolve(await browser.answer(page, 'approve'))
  }
  for (const connection of await Promise.all(connections)) {
    t.truthy((await connection.client.listTools()).tools.length)
    await connection.close()
  }
})

verifies('logins-apart', async (t) => {
  // A browser keeps cookies by host, whatever the port.
  const browser = createVisitor('alice')
  const first = await connect(`${one.url}/echo/mcp`, browser)
  const second = await connect(`${two.url}/echo/mcp`, browser)
  t.teardown(() => Promise.all([first.close(), second.close()]))
  const page = await browser.open(new URL(first.provider.authorizationUrl ?? ''))
  t.true(page.response.text.includes('alice'), 'the first gateway still knows who is signed in')
  t.regex(await callText(first.client, 'whoami'), /dev:alice/)
  t.regex(await callText(second.client, 'whoami'), /dev:alice/)
  const crossed = await fetch(`${two.url}/echo/mcp`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${first.provider.saved?.access_token}` },
  })
  t.is(crossed.status, 401, 'a token of one gateway is nothing at the other')
})

verifies('login-denied', async (t) => {
  const provider = new MemoryProvider()
  const browser = createVisitor('alice')
  const denying = { ...browser, approve: (url: URL | string) => browser.deny(url) }
  await t.throwsAsync(connect(`${one.url}/echo/mcp`, denying, { provider }))
  t.is(provider.saved, undefined)
  const answer = await browser.deny(provider.authorizationUrl ?? '')
  t.is(answer.searchParams.get('error'), 'access_denied')
  t.is(answer.searchParams.get('iss'), one.url)
  t.is(answer.searchParams.get('code'), null)
})
