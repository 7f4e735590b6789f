import test from 'ava'
import { deriveKey, Secret } from '../../../lib/platform/secret.ts'
import { redisUserSecrets } from '../../../lib/store/user-secrets.ts'
import { formsOf, formWith } from '../../support/forms.ts'
import { createOAuthClient } from '../../support/oauth-client.ts'
import { startOAuthServer, untilLine } from '../../support/oauth-server.ts'
import { createPerson, type Page, type Person } from '../../support/person.ts'

const KEY = 'a key of the tests for what people enter'
const server = await startOAuthServer({
  environment: { USER_SECRETS_KEY: KEY },
  configuration: `
mcpServers:
  notes:
    command: notes
    description: Notes of <everybody>
    env: { KEY: "\${secret.NOTES_KEY}", REGION: "\${secret.NOTES_REGION}" }
    userSecrets: { NOTES_KEY: "Your key <for> notes", NOTES_REGION: "Your region" }
  plain: { command: plain, env: { KEY: "\${secret.OF_OPERATOR}" } }
`,
})
const { send, issuer } = server
const client = createOAuthClient(send, issuer)
const secrets = redisUserSecrets(
  await server.valkey.connect(),
  deriveKey(new Secret(KEY), 'user-secrets'),
)
const ACCOUNT = `${issuer}/account`
const { client_id } = await client.register()
test.after.always(() => server.stop())

const signIn = async (username: string): Promise<Person> => {
  const person = createPerson(send)
  await person.authorize(client.begin(client_id, { resource: `${issuer}/notes/mcp` }).url, {
    username,
  })
  return person
}

const NOTES_KEY = { service: 'notes', name: 'NOTES_KEY' }
const ENTER = ['change', 'enter-secret'] as const
const DELETE = ['change', 'delete-secret'] as const

const change = async (
  person: Person,
  page: Page,
  [name, value]: readonly [string, string],
  typed: Readonly<Record<string, string>> = {},
) => {
  const form = formWith(page, [name, value], NOTES_KEY)
  const response = await person.post(form, { ...typed, [name]: value })
  t303(response.status)
  const location = response.headers.get('location') ?? ''
  return { location, page: await person.open(location) }
}
const t303 = (status: number): void => {
  if (status !== 303) throw new Error(`not sent back: ${status}`)
}

const heldBy = async (username: string) =>
  Object.fromEntries((await secrets.read({ userId: `dev:${username}`, service: 'notes' })).values)

test('the page asks for what services ask for, in their words', async (t) => {
  const person = await signIn('ann')
  const page = await person.open(ACCOUNT)
  const { text } = page.response
  t.true(text.includes('Your key &lt;for&gt; notes'))
  t.true(text.includes('Notes of &lt;everybody&gt;'))
  t.false(text.includes('OF_OPERATOR'))
  const asking = formsOf(page).filter(({ fields }) => 'name' in fields)
  t.deepEqual(
    asking.map(({ fields }) => fields['name']),
    ['NOTES_KEY', 'NOTES_REGION'],
  )
  for (const { html } of asking) {
    t.regex(html, /<input [^>]*name="value" type="password" autocomplete="off"/)
    t.notRegex(html, /<input [^>]*name="value"[^>]* value=/)
    t.true(html.includes('Not entered yet'))
    t.false(html.includes('delete-secret'))
  }
})

test('what was entered is kept sealed, never shown, never in an address or the log', async (t) => {
  const person = await signIn('ben')
  const value = 'canary of Ben & <Co> “ü”'
  const { location, page } = await change(person, await person.open(ACCOUNT), ENTER, { value })
  t.is(location, `${ACCOUNT}?notice=secret-entered`)
  t.regex(page.response.text, /role="status">Saved/)
  t.deepEqual(await heldBy('ben'), { NOTES_KEY: value })
  t.deepEqual(await heldBy('ann'), {})
  t.false(page.response.text.includes('canary'))
  t.regex(page.response.text, /Entered <time datetime="[^"]+">/)
  const line = await untilLine(server, /"user":"dev:ben".*"user secret entered"/)
  t.like(JSON.parse(line), { service: 'notes', secret_name: 'NOTES_KEY' })
  t.false(server.lines.some((one) => one.includes('canary')))
})

test('it can be replaced and deleted', async (t) => {
  const person = await signIn('cora')
  let page = await person.open(ACCOUNT)
  ;({ page } = await change(person, page, ENTER, { value: 'first' }))
  ;({ page } = await change(person, page, ENTER, { value: 'second' }))
  t.deepEqual(await heldBy('cora'), { NOTES_KEY: 'second' })
  const deleted = await change(person, page, DELETE, { value: 'typed and not meant' })
  t.regex(deleted.page.response.text, /role="status">Deleted/)
  t.deepEqual(await heldBy('cora'), {})
  t.is((await change(person, page, DELETE)).location, `${ACCOUNT}?notice=secret-gone`)
})

test('it is kept as it was entered, but for one line end at its end', async (t) => {
  const person = await signIn('dora')
  const page = await person.open(ACCOUNT)
  for (const [value, kept] of [
    ['  blanks  ', '  blanks  '],
    ['one\r\ntwo\r\n', 'one\r\ntwo'],
    ['one\n\n', 'one\n'],
    ['x'.repeat(8192), 'x'.repeat(8192)],
    ['%41+%00', '%41+%00'],
  ] as const) {
    await change(person, page, ENTER, { value })
    t.deepEqual(await heldBy('dora'), { NOTES_KEY: kept })
  }
})

test('what cannot be kept is said, and what was there stays', async (t) => {
  const person = await signIn('emil')
  const page = await person.open(ACCOUNT)
  await change(person, page, ENTER, { value: 'kept' })
  for (const [value, notice] of [
    ['', 'secret-empty'],
    ['\n', 'secret-empty'],
    ['x'.repeat(8193), 'secret-long'],
    ['ü'.repeat(4097), 'secret-long'],
    ['a\0b', 'secret-unusable'],
  ] as const) {
    const { location, page: after } = await change(person, page, ENTER, { value })
    t.is(location, `${ACCOUNT}?notice=${notice}`)
    t.regex(after.response.text, /role="alert">Nothing was saved/)
  }
  t.deepEqual(await heldBy('emil'), { NOTES_KEY: 'kept' })
  const form = formWith(page, ENTER, NOTES_KEY)
  const flood = await person.post(form, { change: 'enter-secret', value: 'x'.repeat(40_000) })
  t.is(flood.status, 413)
  t.regex(flood.text, /role="alert">What was sent is larger than this gateway takes/)
  t.notRegex(flood.text, /application’s mistake/)
})

test('nothing is kept that no service asks for', async (t) => {
  const person = await signIn('finn')
  const form = formWith(await person.open(ACCOUNT), ENTER, NOTES_KEY)
  for (const strange of [
    { name: 'OTHER' },
    { name: 'revision' },
    { name: 'toString' },
    { name: '' },
    { service: 'plain', name: 'OF_OPERATOR' },
    { service: 'absent' },
    { service: 'toString' },
  ]) {
    const fields = { change: 'enter-secret', value: 'v', ...strange }
    const { headers } = await person.post(form, fields)
    t.is(headers.get('location'), `${ACCOUNT}?notice=secret-unknown`)
  }
  t.deepEqual(await heldBy('finn'), {})
})

test('a form of another person, or of nobody, enters nothing', async (t) => {
  const [person, other] = [await signIn('gina'), await signIn('gerd')]
  const form = formWith(await other.open(ACCOUNT), ENTER, NOTES_KEY)
  const typed = { change: 'enter-secret', value: 'v' }
  t.is((await person.post(form, typed)).status, 403)
  t.is((await createPerson(send).post(form, typed)).status, 303)
  const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }
  t.is((await other.post(form, typed, foreign)).status, 403)
  t.deepEqual([await heldBy('gina'), await heldBy('gerd')], [{}, {}])
})

test('what is not asked for any more can be deleted, not entered', async (t) => {
  const person = await signIn('hugo')
  await secrets.enter({ userId: 'dev:hugo', service: 'notes' }, 'FORMER', 'v')
  const page = await person.open(ACCOUNT)
  const form = formWith(page, DELETE, { name: 'FORMER' })
  t.false(form.html.includes('enter-secret'))
  await person.post(form, { change: 'delete-secret' })
  t.deepEqual(await heldBy('hugo'), {})
})
