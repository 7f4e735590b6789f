import test from 'ava'
import { createOAuthClient } from '../../support/oauth-client.ts'
import { startOAuthServer } from '../../support/oauth-server.ts'
import { createPerson } from '../../support/person.ts'

const server = await startOAuthServer()
const { send, issuer } = server
const client = createOAuthClient(send, issuer)
const { client_id } = await client.register()
const { url } = client.begin(client_id, { resource: `${issuer}/echo/mcp` })
test.after.always(() => server.stop())

test('an address that opens pages without end has to wait, another does not', async (t) => {
  const open = (address: string) => send({ url, headers: { 'x-forwarded-for': address } })
  const answers = await Promise.all(Array.from({ length: 640 }, () => open('192.0.2.1')))
  const limited = answers.filter(({ status }) => status === 429)
  t.true(limited.length > 0 && limited.length <= 40)
  t.is(limited[0]?.headers.get('location'), null)
  t.truthy(limited[0]?.headers.get('retry-after'))
  t.is((await open('192.0.2.2')).status, 200)
})

test('a browser that answers one page without end has to wait, another does not', async (t) => {
  const person = createPerson(send)
  const page = await person.open(url)
  const answer = () => person.submit(page, { username: 'a b' })
  const statuses = (await Promise.all(Array.from({ length: 70 }, answer))).map((one) => one.status)
  t.true(statuses.includes(400))
  t.true(statuses.includes(429))
  const other = createPerson(send)
  t.is((await other.submit(await other.open(url), { username: 'alice' })).status, 303)
})
