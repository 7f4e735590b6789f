import test from 'ava'
import { startGateway } from '../support/gateway.ts'
import { sendOverNetwork as send } from '../support/http.ts'
import { verifies } from '../support/verifies.ts'
import {
  CODEX_UNGRANTED,
  FASTMCP_2,
  GEMINI,
  MCP_USE,
  MCPORTER,
  OPENCODE,
  TODAY,
  USE_MCP,
  YESTERDAY,
} from './client-shapes.ts'
import { parse, ShapeReplay } from './shape-replay.ts'

const gateway = await startGateway()
const replay = new ShapeReplay(gateway)
test.after.always(() => gateway.remove())

verifies('clients-of-today', async (t) => {
  for (const shape of TODAY) {
    const found = await replay.login(t, shape)
    t.is(found.tokens['scope'], shape.granted, shape.name)
    await replay.goOn(t, shape, found)
  }
})

verifies('clients-of-yesterday', async (t) => {
  for (const shape of YESTERDAY) {
    const found = await replay.login(t, shape)
    const supported = found.metadata['scopes_supported'] as string[]
    const granted = String(found.tokens['scope']).split(' ')
    t.true(granted.includes('mcp'), shape.name)
    t.true(
      granted.every((scope) => supported.includes(scope)),
      'the client was told of it',
    )
    await replay.goOn(t, shape, found)
  }
})

verifies('client-fetches-authorize-itself', async (t) => {
  for (const shape of [FASTMCP_2, ...TODAY.filter(({ name }) => name.startsWith('FastMCP'))]) {
    const metadata = await replay.discover(t, shape)
    const held = await replay.register(t, shape, metadata)
    const attempt = replay.begin(shape, held, metadata)
    for (const headers of [{ accept: '*/*' }, {}, { accept: 'application/json' }]) {
      const { status } = await send({ url: attempt.url, headers })
      t.true([200, 302, 303, 307, 308].includes(status), `${shape.name}: ${status}`)
    }
    const code = await replay.approve(t, shape, attempt)
    const tokens = parse(t, await replay.exchange(shape, held, code, attempt), 200, shape.name)
    await replay.goOn(t, shape, { held, tokens, metadata })
    // How it learns that it has to register again.
    const unknown = await send({ url: attempt.url.replace(held.id, 'A'.repeat(22)) })
    t.is(unknown.status, 400)
  }
})

verifies('client-names-the-origin', async (t) => {
  const found = await replay.login(t, FASTMCP_2)
  t.is(found.tokens['scope'], FASTMCP_2.granted)
  await replay.goOn(t, FASTMCP_2, found)
})

verifies('client-refreshes-with-more-scope', async (t) => {
  const found = await replay.login(t, CODEX_UNGRANTED)
  t.is(found.tokens['scope'], CODEX_UNGRANTED.granted)
  await replay.goOn(t, CODEX_UNGRANTED, found)
})

verifies('client-asks-for-every-scope', async (t) => {
  const found = await replay.login(t, GEMINI)
  const supported = found.metadata['scopes_supported'] as string[]
  const general = supported.filter((scope) => !scope.includes(':'))
  const granted = String(found.tokens['scope']).split(' ')
  t.deepEqual(
    general.filter((scope) => !granted.includes(scope)),
    [],
  )
  t.true(granted.every((scope) => general.includes(scope) || scope.startsWith('echo:')))
  await replay.goOn(t, GEMINI, found)
})

verifies('client-without-refresh', async (t) => {
  const { held, tokens } = await replay.login(t, MCP_USE)
  t.deepEqual(held.body['grant_types'], ['authorization_code'])
  t.false('refresh_token' in tokens)
})

verifies('client-registers-twice', async (t) => {
  const metadata = await replay.discover(t, OPENCODE)
  const both = [
    await replay.register(t, OPENCODE, metadata),
    await replay.register(t, OPENCODE, metadata),
  ]
  t.not(both[0]?.id, both[1]?.id)
  for (const held of both.toReversed()) {
    const attempt = replay.begin(OPENCODE, held, metadata)
    const code = await replay.approve(t, OPENCODE, attempt)
    const tokens = parse(
      t,
      await replay.exchange(OPENCODE, held, code, attempt),
      200,
      OPENCODE.name,
    )
    await replay.goOn(t, OPENCODE, { held, tokens, metadata })
  }
})

verifies('client-registers-anew', async (t) => {
  const found = await replay.login(t, MCPORTER)
  const anew = await replay.register(t, MCPORTER, found.metadata)
  const refused = parse(t, await replay.refresh(MCPORTER, anew, found.tokens), 400, MCPORTER.name)
  t.is(refused['error'], 'invalid_grant')
  await replay.isGood(t, MCPORTER, found.tokens)
  await replay.goOn(t, MCPORTER, found)
})

verifies('client-in-a-web-page', async (t) => {
  const origin = 'http://localhost:5173'
  const readable = async (path: string, method: string, names: string): Promise<void> => {
    const { status, headers } = await replay.ask('OPTIONS', path, {
      Origin: origin,
      'Access-Control-Request-Method': method,
      'Access-Control-Request-Headers': names,
    })
    t.is(status, 204, path)
    t.true(['*', origin].includes(String(headers['access-control-allow-origin'])), path)
    const allowed = String(headers['access-control-allow-headers']).split(', ')
    for (const name of names.split(',')) t.true(allowed.includes(name), `${path} ${name}`)
  }
  await readable('/echo/mcp', 'POST', 'authorization,content-type,mcp-protocol-version')
  const PRM = '/.well-known/oauth-protected-resource/echo/mcp'
  for (const path of [PRM, '/.well-known/oauth-authorization-server']) {
    await readable(path, 'GET', 'mcp-protocol-version')
    const { headers } = await replay.ask('GET', path, USE_MCP.discovery)
    t.is(headers['access-control-allow-origin'], '*', path)
  }
  await readable('/register', 'POST', 'content-type')
  await readable('/token', 'POST', 'content-type')
  const found = await replay.login(t, USE_MCP)
  const refreshed = await replay.refresh(USE_MCP, found.held, found.tokens)
  t.is(refreshed.headers['access-control-allow-origin'], '*')
  const challenged = await replay.ask('POST', '/echo/mcp', { Origin: origin })
  t.is(challenged.status, 401)
  t.is(challenged.headers['access-control-allow-origin'], origin)
  t.regex(String(challenged.headers['access-control-expose-headers']), /www-authenticate/i)
})
