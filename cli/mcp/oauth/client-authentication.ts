/** How this client proves itself at endpoints for which the SDK has no helper (RFC 6749 section 2.3.1). */

import { selectClientAuthMethod } from '@modelcontextprotocol/client'
import type { KnownClient } from '../store/login.ts'
import type { ServerMetadata } from './server-metadata.ts'

/** A form POST as this client. */
export function authenticatedForm(
  server: ServerMetadata,
  client: KnownClient,
  fields: Readonly<Record<string, string | undefined>>,
): RequestInit {
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) body.set(name, value)
  const headers = new Headers({ accept: 'application/json' })
  const { client_id, client_secret = '' } = client
  const methods = server.token_endpoint_auth_methods_supported ?? []
  const method = selectClientAuthMethod(client, methods)
  if (method === 'client_secret_basic') {
    const pair = [client_id, client_secret].map(formEncode).join(':')
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`)
  } else {
    body.set('client_id', client_id)
    if (method === 'client_secret_post') body.set('client_secret', client_secret)
  }
  return { method: 'POST', headers, body }
}

function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1)
}
