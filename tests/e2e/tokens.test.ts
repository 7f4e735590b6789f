import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { startGateway } from '../support/gateway.ts'
import { callText, connect } from '../support/sdk-client.ts'
import { verifies } from '../support/verifies.ts'
import { createVisitor } from '../support/visitor.ts'

const LIFETIME_SECONDS = 2
/** Beyond `exp` the edge still allows for clocks that differ. */
const EXPIRED_AFTER_MS = (LIFETIME_SECONDS + 6) * 1000

const gateway = await startGateway({
  environment: { ACCESS_TOKEN_LIFETIME: String(LIFETIME_SECONDS) },
})
test.after.always(() => gateway.remove())

const endpoint = `${gateway.url}/echo/mcp`
const PLAIN = `Bearer resource_metadata="${gateway.url}/.well-known/oauth-protected-resource/echo/mcp", scope="mcp"`

async function challengeFor(token?: string): Promise<[number, string | null]> {
  const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
  const answer = await fetch(endpoint, { method: 'POST', headers })
  return [answer.status, answer.headers.get('www-authenticate')]
}

const refused = (description: string): string =>
  `${PLAIN}, error="invalid_token", error_description="${description}"`

verifies('challenge-exact', async (t) => {
  const connection = await connect(endpoint, createVisitor('alice'))
  t.teardown(() => connection.close())
  const token = connection.provider.saved?.access_token ?? ''
  const [header, payload, signature = ''] = token.split('.')
  const other = signature.startsWith('A') ? 'B' : 'A'
  const tampered = `${header}.${payload}.${other}${signature.slice(1)}`
  t.deepEqual(await challengeFor(), [401, PLAIN])
  t.deepEqual(await challengeFor(tampered), [401, refused('the access token is not valid')])
  await sleep(EXPIRED_AFTER_MS)
  t.deepEqual(await challengeFor(token), [401, refused('the access token has expired')])
})

verifies('refresh-by-the-sdk', async (t) => {
  const connection = await connect(endpoint, createVisitor('bob'))
  t.teardown(() => connection.close())
  const before = connection.provider.saved
  await sleep(EXPIRED_AFTER_MS)
  t.regex(await callText(connection.client, 'whoami'), /dev:bob/)
  const after = connection.provider.saved
  t.not(after?.access_token, before?.access_token)
  t.not(after?.refresh_token, before?.refresh_token, 'the refresh token is rotated')
})
