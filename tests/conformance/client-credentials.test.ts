import { globSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import { decodeJwt } from 'jose'
import { instanceOf } from '../../cli/instance/leftovers.ts'
import { startGateway } from '../support/gateway.ts'
import { sendByFetch } from '../support/http.ts'
import { createOAuthClient, type Fields } from '../support/oauth-client.ts'
import { callText, connect, MemoryProvider } from '../support/sdk-client.ts'
import { loopbackFetch } from '../support/socket-fetch.ts'
import { verifies } from '../support/verifies.ts'
import { createVisitor } from '../support/visitor.ts'

const SECRET = 'nightly-secret-0123456789'
const gateway = await startGateway({
  environment: { NIGHTLY: SECRET, CLAUDE_WEB: 'claude-secret-0123456789', LOG_LEVEL: 'debug' },
  file: `mcpServers:
  echo: { scopes: { write: Change things } }
clients:
  nightly:
    client_secret: "\${secret.NIGHTLY}"
    grant_types: [client_credentials]
    services: [echo]
    scopes: ["echo:write"]
    client_name: Nightly job
  claude-web:
    client_secret: "\${secret.CLAUDE_WEB}"
    redirect_uris: ["https://claude.example/api/mcp/auth_callback"]
`,
})
test.after.always(() => gateway.remove())
const { url: issuer } = gateway
const send = sendByFetch(loopbackFetch(gateway.port))
const client = createOAuthClient(send, issuer)
const ECHO = `${issuer}/echo/mcp`

const basic = (id: string, secret: string) => ({
  authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
})
const ask = (fields: Fields = {}, headers = basic('nightly', SECRET)) =>
  client.token({ grant_type: 'client_credentials', ...fields }, headers)

verifies('machine-token', async (t) => {
  const tokens = (await ask({ resource: ECHO })).json()
  t.is(tokens['refresh_token'], undefined)
  t.is(tokens['id_token'], undefined)
  t.is(decodeJwt(String(tokens['access_token'])).sub, 'client:nightly')
  const provider = new MemoryProvider()
  provider.saved = { access_token: String(tokens['access_token']), token_type: 'Bearer' }
  const nobody = { approve: () => Promise.reject(new Error('nobody is asked')) }
  const connection = await connect(ECHO, nobody, { provider })
  t.teardown(() => connection.close())
  const text = await callText(connection.client, 'whoami')
  t.true(text.includes('client:nightly'))
  t.true(text.includes('Nightly job'))
})

verifies('machine-only-configured', async (t) => {
  const { client_id, client_secret = '' } = await client.register({
    token_endpoint_auth_method: 'client_secret_basic',
    grant_types: ['authorization_code', 'client_credentials'],
  })
  for (const headers of [
    basic(client_id, client_secret),
    basic('claude-web', 'claude-secret-0123456789'),
  ]) {
    const response = await ask({ resource: ECHO }, headers)
    t.is(response.status, 400)
    t.is(response.json()['error'], 'unauthorized_client')
  }
  const wrong = await ask({ resource: ECHO }, basic('nightly', 'guessed-secret-01234'))
  t.is(wrong.json()['error'], 'invalid_client')
})

verifies('machine-bounds', async (t) => {
  t.is((await ask({ resource: `${issuer}/memory/mcp` })).json()['error'], 'invalid_target')
  const tokens = (await ask({ scope: 'echo:write openid memory:x offline_access' })).json()
  t.is(tokens['scope'], 'mcp echo:write')
  const headers = { authorization: `Bearer ${tokens['access_token']}` }
  t.is((await send({ url: `${issuer}/memory/mcp`, headers })).status, 401)
})

verifies('configured-client-login', async (t) => {
  const { url, verifier } = client.begin('claude-web', {
    redirect_uri: 'https://claude.example/api/mcp/auth_callback',
    resource: ECHO,
  })
  const redirect = await createVisitor('alice', send).approve(url)
  t.is(redirect.origin, 'https://claude.example')
  const answer = await client.token(
    {
      grant_type: 'authorization_code',
      code: redirect.searchParams.get('code') ?? '',
      code_verifier: verifier,
    },
    basic('claude-web', 'claude-secret-0123456789'),
  )
  t.is(answer.status, 200)
  t.is(decodeJwt(String(answer.json()['access_token']))['client_id'], 'claude-web')
})

verifies('configured-secret-kept', async (t) => {
  await ask()
  const state = join(gateway.folder, '.gateway')
  const parts = processesOf(instanceOf(state))
  t.true(parts.length >= 4, 'the parts were found')
  const holders = parts.filter(({ environment }) => environment.includes(SECRET))
  // One process or two: the second one may not have started yet.
  const rooms = new Set(holders.map(({ command }) => /([a-z-]+)\/main\.ts/.exec(command)?.[1]))
  t.deepEqual([...rooms], ['oauth-server'])
  const files = globSync('**/*', { cwd: state, withFileTypes: false })
    .map((file) => join(state, file))
    .filter((file) => statSync(file).isFile())
  t.true(files.some((file) => file.endsWith('.aof')))
  for (const file of files) t.false(readFileSync(file, 'latin1').includes(SECRET), file)
  t.false(gateway.output().includes(SECRET))
})

/** The parts of one gateway, with what each was given. */
function processesOf(instance: string): { command: string; environment: string }[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.flatMap((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
      if (!environment.includes(`MCP_GATEWAY_INSTANCE=${instance}`)) return []
      return [{ command: readFileSync(`/proc/${pid}/cmdline`, 'utf8'), environment }]
    } catch {
      // Gone meanwhile, or somebody else's.
      return []
    }
  })
}
