/** A probe for each member of the metadata that has one value: addresses and flags. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { DEVICE_CODE_GRANT } from '../../../oauth-server/clients/client.ts'
import { credentialsOf } from '../../support/obtain-tokens.ts'
import type { Probe } from './probe.ts'

export const MEMBER_PROBES: Readonly<Record<string, Probe>> = {
  async issuer(t, { metadata, issuer }) {
    t.is(metadata['issuer'], issuer)
  },

  async authorization_endpoint(t, { metadata, send, oauth, publicClient, issuer }) {
    const { search } = new URL(
      oauth.begin(publicClient.client_id, { resource: `${issuer}/echo/mcp` }).url,
    )
    const answer = await send({
      url: `${metadata['authorization_endpoint']}${search}`,
      headers: { accept: 'text/html' },
    })
    t.is(answer.status, 200)
    t.regex(answer.headers.get('content-type') ?? '', /^text\/html/)
  },

  async token_endpoint(t, { post }) {
    const fields = { grant_type: 'authorization_code', code: 'x', client_id: 'unknown' }
    const answer = await post('token_endpoint', fields)
    t.is(answer.status, 401)
    t.is(answer.json()['error'], 'invalid_client')
    t.is(answer.headers.get('cache-control'), 'no-store')
  },

  async pushed_authorization_request_endpoint(t, { post, oauth, publicClient, issuer, send }) {
    const { client_id } = publicClient
    const begun = oauth.begin(client_id, { resource: `${issuer}/echo/mcp` })
    const fields = Object.fromEntries(new URL(begun.url).searchParams)
    const pushed = await post('pushed_authorization_request_endpoint', fields)
    t.is(pushed.status, 201)
    const request_uri = String(pushed.json()['request_uri'])
    const query = new URLSearchParams({ client_id, request_uri })
    const page = await send({
      url: `${issuer}/authorize?${query}`,
      headers: { accept: 'text/html' },
    })
    t.is(page.status, 200)
    t.regex(page.text, /name="decision"/)
  },

  async registration_endpoint(t, { metadata, send }) {
    const answer = await send({
      url: String(metadata['registration_endpoint']),
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ redirect_uris: ['https://app.example/cb'] }),
    })
    t.is(answer.status, 201)
    t.is(typeof answer.json()['client_id'], 'string')
  },

  async revocation_endpoint(t, { post, source, publicClient }) {
    const { refresh_token: token } = await source.obtain(publicClient)
    const { client_id } = publicClient
    t.is((await post('revocation_endpoint', { token, client_id })).status, 200)
    t.is((await source.refresh(publicClient, token)).json()['error'], 'invalid_grant')
  },

  async device_authorization_endpoint(t, { post, oauth }) {
    const { client_id } = await oauth.register({ grant_types: [DEVICE_CODE_GRANT] })
    const answer = await post('device_authorization_endpoint', { client_id })
    t.is(answer.status, 200)
    t.regex(String(answer.json()['user_code']), /^[A-Z]{4}-[A-Z]{4}$/)
  },

  async introspection_endpoint(t, { post, source, confidentialClient }) {
    const { access_token: token } = await source.obtain(confidentialClient)
    const fields = { token, ...credentialsOf(confidentialClient) }
    const answer = await post('introspection_endpoint', fields)
    t.is(answer.status, 200)
    t.is(answer.json()['active'], true)
  },

  async userinfo_endpoint(t, { metadata, send, source, publicClient }) {
    const { access_token } = await source.obtain(publicClient, { scope: 'openid' })
    const headers = { authorization: `Bearer ${access_token}` }
    const answer = await send({ url: String(metadata['userinfo_endpoint']), headers })
    t.is(answer.json()['sub'], 'dev:alice')
  },

  async jwks_uri(t, { metadata, send }) {
    const answer = await send({ url: String(metadata['jwks_uri']) })
    const keys = answer.json()['keys'] as Record<string, unknown>[]
    t.true(keys.length > 0)
    for (const key of keys) {
      t.like(key, { use: 'sig' })
      t.is(typeof key['kid'], 'string')
      for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k']) t.false(member in key)
    }
  },

  async authorization_response_iss_parameter_supported(t, { metadata, oauth, send, ...subject }) {
    t.true(metadata['authorization_response_iss_parameter_supported'])
    const { url } = oauth.begin(subject.publicClient.client_id, { prompt: 'none' })
    const location = new URL((await send({ url })).headers.get('location') ?? '')
    t.is(location.searchParams.get('iss'), subject.issuer)
  },

  async request_uri_parameter_supported(t, { metadata, oauth, send, publicClient }) {
    t.false(metadata['request_uri_parameter_supported'])
    let isFetched = false
    const server = createServer((_request, response) => {
      isFetched = true
      response.end('{}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const request_uri = `http://127.0.0.1:${port}/request.jwt`
    await send({ url: oauth.begin(publicClient.client_id, { request_uri }).url })
    server.close()
    t.false(isFetched, 'nobody makes this server fetch what they like')
  },
}
