import test from 'ava'
import { startGateway } from '../support/gateway.ts'
import { sendByFetch } from '../support/http.ts'
import { callText, connect } from '../support/sdk-client.ts'
import { loopbackFetch } from '../support/socket-fetch.ts'
import { verifies } from '../support/verifies.ts'
import { createVisitor } from '../support/visitor.ts'

const gateway = await startGateway({ environment: { BASE_DOMAIN: 'gateway.localhost' } })
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
