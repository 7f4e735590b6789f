import test from 'ava'
import { createOAuthClient } from '../../support/oauth-client.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson } from '../../support/person.ts'

const issuer = 'https://localhost:8642'
const server = await startOAuthServer({ environment: { PUBLIC_URL: issuer } })
test.after.always(() => server.stop())
const client = createOAuthClient(server.send, issuer)

test('over https cookies are Secure and carry the __Host- prefix and the issuer', async (t) => {
  const { client_id } = await client.register()
  const { url } = client.begin(client_id, { resource: `${issuer}/echo/mcp` })
  const person = createPerson(server.send)
  const page = await person.open(url)
  const response = await person.submit(page, { username: 'alice' })
  const [browser = ''] = page.response.headers.getSetCookie()
  const [login = ''] = response.headers.getSetCookie()
  const attributes = 'Path=/; HttpOnly; SameSite=Lax; Secure'
  const [, suffix = ''] = /^__Host-mcp-browser-([0-9a-f]{8})-[0-9a-f]{6}=/.exec(browser) ?? []
  t.true(browser.endsWith(`; ${attributes}`))
  t.regex(login, new RegExp(`^__Host-mcp-login-${suffix}=[\\w-]{43}; ${attributes}; Max-Age=\\d+$`))
})

test('another issuer has cookies of other names', async (t) => {
  const other = await startOAuthServer({ environment: { PUBLIC_URL: 'https://localhost:8643' } })
  t.teardown(() => other.stop())
  const names = await Promise.all(
    [server, other].map(async ({ send, issuer: its }) => {
      const { client_id } = await createOAuthClient(send, its).register()
      const { url } = createOAuthClient(send, its).begin(client_id)
      return (await send({ url })).headers.getSetCookie()[0]?.split('=')[0]
    }),
  )
  t.is(new Set(names).size, 2)
})
