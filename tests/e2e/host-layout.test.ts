import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js'
import test from 'ava'
import { decodeJwt } from 'jose'
import { stringify } from 'yaml'
import { startGateway } from '../support/gateway.ts'
import { sendByFetch } from '../support/http.ts'
import { createOAuthClient } from '../support/oauth-client.ts'
import { callText, connect } from '../support/sdk-client.ts'
import { loopbackFetch } from '../support/socket-fetch.ts'
import { verifies } from '../support/verifies.ts'
import { createVisitor } from '../support/visitor.ts'

const OFFERS = join(import.meta.dirname, '../fixtures/offers-tools.ts')
const gateway = await startGateway({
  environment: { BASE_DOMAIN: 'gateway.localhost' },
  file: stringify({
    mcpServers: {
      old: {
        command: process.execPath,
        args: [OFFERS],
        sse: true,
        scopes: { write: 'Write.' },
        tools: { scopes: { write: ['write'] } },
      },
    },
  }),
})
test.after.always(() => gateway.remove())

const { port } = gateway
const fetch = loopbackFetch(port)
const issuer = `http://auth.gateway.localhost:${port}`
const echo = `http://echo.gateway.localhost:${port}`

verifies('layout-hosts-end-to-end', async (t) => {
  t.is(gateway.url, issuer)
  const visitor = createVisitor('gina', sendByFetch(fetch))
  const connection = await connect(`${echo}/mcp`, visitor, { fetch })
  t.teardown(() => connection.close())
  t.regex(await callText(connection.client, 'whoami'), /dev:gina/)
  t.is(connection.provider.authorizationUrl?.origin, issuer)

  const json = async (url: string): Promise<Record<string, unknown>> =>
    (await (await fetch(url)).json()) as Record<string, unknown>
  for (const path of [
    '/.well-known/oauth-protected-resource/mcp',
    '/.well-known/oauth-protected-resource',
  ]) {
    t.is((await json(echo + path))['resource'], `${echo}/mcp`, path)
  }
  const copy = await json(`${echo}/.well-known/oauth-authorization-server`)
  t.is(copy['issuer'], issuer)
  t.is((await fetch(`${echo}/token`, { method: 'POST' })).status, 404)
})

test('a client that asks a service’s own host, and names no resource, gets that service', async (t) => {
  const client = createOAuthClient(sendByFetch(fetch), issuer)
  const { client_id } = await client.register()
  const { url, verifier } = client.begin(client_id)
  const asked = await fetch(url.replace(issuer, echo), {
    headers: { accept: 'text/html' },
    redirect: 'manual',
  })
  t.is(asked.status, 303)
  const back = await createVisitor('hedda', sendByFetch(fetch)).approve(
    asked.headers.get('location') ?? '',
  )
  const answer = await client.token({
    grant_type: 'authorization_code',
    code: back.searchParams.get('code') ?? '',
    code_verifier: verifier,
    client_id,
  })
  t.is(decodeJwt(String(answer.json()['access_token'])).aud, `${echo}/mcp`)
})

test('on a host of its own a service has the transport of 2024-11-05, and challenges for its tools', async (t) => {
  const old = `http://old.gateway.localhost:${port}`
  const visitor = createVisitor('olga', sendByFetch(fetch))
  const connection = await connect(`${old}/mcp`, visitor, { fetch })
  t.teardown(() => connection.close())
  const { provider } = connection
  const transport = new SSEClientTransport(new URL(`${old}/mcp`), { authProvider: provider, fetch })
  const client = new Client({ name: 'old', version: '1' })
  await client.connect(transport)
  t.teardown(() => client.close())
  t.is(await callText(client, 'read'), 'done')
  const call = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'write' } }
  const answer = await fetch(`${old}/mcp`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${provider.saved?.access_token}`,
      accept: 'application/json, text/event-stream',
      'mcp-session-id': connection.transport.sessionId ?? '',
    },
    body: JSON.stringify(call),
  })
  t.is(answer.status, 403)
  t.is(
    answer.headers.get('www-authenticate'),
    `Bearer resource_metadata="${old}/.well-known/oauth-protected-resource/mcp", scope="mcp old:write", ` +
      'error="insufficient_scope", error_description="this tool needs a further scope"',
  )
})
