/** Attacks that no checklist names: what somebody would try who has read this code. */

import test from 'ava'
import { createDevice, DEVICE_CODE, decide } from '../support/device.ts'
import { startGateway } from '../support/gateway.ts'
import { sendOverNetwork as send } from '../support/http.ts'
import { callService, initialize } from '../support/mcp-call.ts'
import { createOAuthClient, type Fields, REDIRECT_URI } from '../support/oauth-client.ts'
import { createPerson } from '../support/person.ts'
import { rawRequest } from '../support/raw-request.ts'
import { verifies } from '../support/verifies.ts'

const GATEWAY_SECRET = 'one root secret for two gateways, by mistake or after a clone'
const environment = { GATEWAY_SECRET, RATE_LIMIT_FACTOR: '0' }
const [one, two] = await Promise.all([startGateway({ environment }), startGateway({ environment })])
const client = createOAuthClient(send, one.url)
const endpoint = `${one.url}/echo/mcp`
const { client_id: ID } = await client.register()
test.after.always(() => Promise.all([one.remove(), two.remove()]))

async function logIn(username: string, id = ID) {
  const person = createPerson(send)
  const { url, verifier } = client.begin(id, { resource: endpoint })
  const back = await person.authorize(url, { username })
  const code = back.searchParams.get('code') ?? ''
  return { person, grant: { grant_type: 'authorization_code', code, code_verifier: verifier } }
}

async function tokensOf(username: string): Promise<Record<string, string>> {
  const { grant } = await logIn(username)
  const fields = { ...grant, client_id: ID, redirect_uri: REDIRECT_URI }
  return (await client.token(fields)).json() as Record<string, string>
}

verifies('shared-root-secret', async (t) => {
  const other = createOAuthClient(send, two.url)
  const { client_id: there } = await other.register()
  const { access_token = '', refresh_token = '' } = await tokensOf('ann')
  t.is((await callService(`${two.url}/echo/mcp`, access_token)).status, 401)
  for (const id of [ID, there]) {
    const refresh = { grant_type: 'refresh_token', refresh_token, client_id: id }
    t.true([400, 401].includes((await other.token(refresh)).status), id)
    const { grant } = await logIn('ann')
    const exchange = { ...grant, client_id: id, redirect_uri: REDIRECT_URI }
    t.true([400, 401].includes((await other.token(exchange)).status), id)
  }
  const { person } = await logIn('ben')
  const [name = '', cookie = ''] =
    [...person.cookies].find(([key]) => key.includes('-login-')) ?? []
  const stranger = createPerson(send)
  await stranger.open(`${two.url}/login`)
  const hash = [...stranger.cookies.keys()][0]?.split('-')[2] ?? ''
  t.not(name.split('-')[2], hash, 'they are not even called alike')
  stranger.cookies.set(`mcp-login-${hash}`, cookie)
  t.is((await stranger.open(`${two.url}/account`)).response.status, 303, 'and open nothing')
  const info = await send({
    url: `${two.url}/userinfo`,
    headers: { authorization: `Bearer ${access_token}` },
  })
  t.is(info.status, 401)
  t.is((await callService(endpoint, access_token)).status, 200, 'at home it still counts')
})

verifies('device-of-another-gateway', async (t) => {
  const begin = async (issuer: string) => {
    const metadata = { grant_types: [DEVICE_CODE] }
    const { client_id } = await createOAuthClient(send, issuer).register(metadata)
    return { client_id, codes: await createDevice(send, issuer).begin({ client_id }) }
  }
  const [here, there] = [await begin(one.url), await begin(two.url)]
  const person = createPerson(send)
  const page = await person.open(`${two.url}/device?user_code=${here.codes.user_code}`)
  t.notRegex(page.response.text, /name="confirmation"/, 'nothing waits under it there')
  await decide(person, there.codes, { decision: 'approve', username: 'ann' })
  const { client_id } = here
  const polled = await createDevice(send, one.url).poll(there.codes.device_code, { client_id })
  t.is(polled.json()['error'], 'invalid_grant')
})

verifies('redirect-changed-while-asked', async (t) => {
  const benign = 'https://benign.example/cb'
  const held = await client.register({ redirect_uris: [benign] })
  const { url } = client.begin(held.client_id, { redirect_uri: benign, resource: endpoint })
  const person = createPerson(send)
  const page = await person.open(url)
  t.true(page.response.text.includes('benign.example'))
  const replaced = await send({
    url: String(held['registration_client_uri']),
    method: 'PUT',
    headers: {
      authorization: `Bearer ${held['registration_access_token']}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      ...{ client_id: held.client_id, redirect_uris: ['https://evil.example/cb'] },
      ...{ token_endpoint_auth_method: 'none', client_name: 'Test client' },
    }),
  })
  t.is(replaced.status, 200)
  const answer = await person.submit(page, { username: 'ann' })
  t.is(answer.headers.get('location'), null, 'neither where it was, nor where it would be now')
  t.is(answer.status, 400)
})

verifies('login-ends-the-one-before', async (t) => {
  const { person } = await logIn('ann')
  const held = [...person.cookies].filter(([name]) => name.includes('-login-'))
  const thief = createPerson(send)
  for (const [name, value] of held) thief.cookies.set(name, value)
  const account = `${one.url}/account`
  t.is((await thief.open(account)).response.status, 200)
  const page = await person.open(client.begin(ID, { resource: endpoint, prompt: 'login' }).url)
  t.is((await person.submit(page, { username: 'ben' })).status, 303)
  for (const [name, value] of held) {
    t.not(person.cookies.get(name), value)
    thief.cookies.set(name, value)
  }
  t.is((await thief.open(account)).response.status, 303, 'whoever kept the old cookie has nothing')
})

verifies('decisions-race', async (t) => {
  const person = createPerson(send)
  const page = await person.open(client.begin(ID, { resource: endpoint }).url)
  const answers = await Promise.all(
    Array.from({ length: 12 }, (_, index) => {
      const decision = index % 2 === 0 ? 'approve' : 'deny'
      return person.submit(page, { decision, username: `racer-${index}` })
    }),
  )
  const told = answers.flatMap(({ headers }) => headers.get('location') ?? [])
  t.is(told.length, 1, 'one decision counts')
  const others = answers.filter(({ headers }) => headers.get('location') === null)
  for (const { status } of others) t.is(status, 403)
})

verifies('paths-spelled-otherwise', async (t) => {
  const { access_token = '' } = await tokensOf('ann')
  for (const path of [
    ...[
      '/%65cho/mcp',
      '/echo/%6dcp',
      '/%65%63%68%6f/%6d%63%70',
      '/echo/mcp?x=/register',
      '/Echo/mcp',
    ],
    ...[
      '/echo/mcp/.',
      '/echo/./mcp',
      '/echo/mcp/%2e',
      '/echo/mcp%20',
      '/echo/mcp%09',
      '/echo/mcp?',
    ],
    ...['/register/%2e%2e/echo/mcp', '/assets/%2e%2e/echo/mcp', '/.well-known/%2e%2e/echo/mcp'],
    ...['/echo/mcp/..;/mcp', '/echo/mcp%ef%bc%8f', '/ech%6F/mcp#', '/callback/../echo/mcp'],
  ]) {
    const open = await rawRequest({ port: one.port, path, body: '{}' })
    t.true([400, 401, 404].includes(open.status), `${path}: ${open.status}`)
    const foreign = ['Authorization', `Bearer ${access_token}`]
    const elsewhere = path.replaceAll(/echo|Echo|%65cho|%65%63%68%6f|ech%6F/g, 'memory')
    const stolen = await rawRequest({ port: one.port, path: elsewhere, headers: foreign })
    t.true([400, 401, 404].includes(stolen.status), `${elsewhere}: ${stolen.status}`)
  }
})

verifies('forms-spelled-otherwise', async (t) => {
  const url = `${one.url}/token`
  const type = 'application/x-www-form-urlencoded'
  const rowsOf = (good: Record<string, string>, body: string): [body: string, type: string][] => [
    [body.replace('code_verifier', 'Code_Verifier'), type],
    [body.replace('code_verifier=', 'code_verifier[]='), type],
    [body.replaceAll('&', ';'), type],
    [`${body}&code_verifier%00=x&client_id=${ID}`, type],
    [Buffer.from(body, 'utf16le').toString('latin1'), `${type}; charset=utf-16`],
    [body, 'multipart/form-data; boundary=x'],
    [body, 'text/plain'],
    [body, `text/plain, ${type}`],
    [JSON.stringify(good), 'application/json'],
  ]
  // Without its verifier a code is used up: each row has one of its own.
  for (let row = 0; row < rowsOf({}, '').length; row += 1) {
    const { grant } = await logIn('ann')
    const good = { ...grant, client_id: ID, redirect_uri: REDIRECT_URI }
    const [text, sent] = rowsOf(good, new URLSearchParams(good).toString())[row] ?? ['', '']
    const headers = { 'content-type': sent, 'content-encoding': 'identity' }
    const answer = await send({ url, method: 'POST', headers, body: text })
    t.true([400, 401, 415].includes(answer.status), `${sent} ${text.slice(0, 30)}`)
    t.is(answer.json()['access_token'], undefined)
  }
})

verifies('messages-of-odd-shape', async (t) => {
  const { access_token = '' } = await tokensOf('ann')
  const begun = await initialize(endpoint, access_token)
  const session = begun.headers.get('mcp-session-id') ?? ''
  const ask = (text: string, headers: Fields = {}) =>
    send({
      url: endpoint,
      method: 'POST',
      headers: {
        authorization: `Bearer ${access_token}`,
        ...{ 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        ...{ 'mcp-session-id': session, ...headers },
      },
      body: text,
    })
  const call = (members: string) => `{"jsonrpc":"2.0","method":"ping",${members}}`
  for (const [text, headers] of [
    ...['1e400', '1.5', '"__proto__"', '""', '9007199254740993', '-0', '{}', '[1]', 'true'].map(
      (id): [string, Fields?] => [call(`"id":${id}`)],
    ),
    [call('"id":1,"params":[1]')],
    [call('"id":1,"params":"x"')],
    [call('"id":1,"__proto__":{"method":"tools/call"},"constructor":{"prototype":{"x":1}}')],
    [call('"id":1,"method":"tools/call","method":"ping"')],
    ['{"jsonrpc":"2.0","id":1,"method":"__proto__"}'],
    ['{"jsonrpc":"2.0","id":1,"method":"constructor","params":{"name":"toString"}}'],
    [
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"__proto__","arguments":null}}',
    ],
    ['{"jsonrpc":"2.0","id":1,"result":{}}'],
    [call('"id":"\\ud800"')],
    [call('"id":1'), { 'mcp-session-id': `${session}%00` }],
    [call('"id":1'), { 'mcp-session-id': 'x'.repeat(8000) }],
    [call('"id":1'), { 'mcp-protocol-version': '2026-07-28', 'mcp-method': '=?base64?!!?=' }],
    [call('"id":1'), { 'last-event-id': '__proto__' }],
    [call('"id":1'), { 'content-encoding': 'gzip' }],
  ] as [string, Fields?][]) {
    const { status } = await ask(text, headers)
    t.true(status < 500, `${text} ${JSON.stringify(headers)}: ${status}`)
  }
  t.is((await ask(call('"id":1'))).status, 200, 'and it serves on')
})
