/** Clients that cannot be run here: their whole exchange, from the first refusal to a call after a refresh. */

import test, { type ExecutionContext } from 'ava'
import { REAL_DOCUMENTS } from '../fixtures/client-documents/documents.ts'
import { createAuthority } from '../support/certificates.ts'
import { startDocumentServer } from '../support/document-server.ts'
import { HOSTS } from '../support/document-world.ts'
import { startGateway } from '../support/gateway.ts'
import { json, open, rpc, send } from '../support/mcp.ts'
import { verifies } from '../support/verifies.ts'
import { CLOSED, type ClosedClientShape } from './closed-client-shapes.ts'
import { type Body, type Registered, ShapeReplay } from './shape-replay.ts'

const authority = createAuthority()
const internet = await startDocumentServer(authority.issue(HOSTS))
for (const document of REAL_DOCUMENTS) internet.serve(document.client_id, document)
const gateway = await startGateway({
  environment: {
    CLIENT_DOCUMENT_TEST_HOSTS: HOSTS.map((host) => `${host}=127.0.0.1:${internet.port}`).join(','),
    NODE_EXTRA_CA_CERTS: authority.path,
    // By itself it tries once, and a machine that is busy just then is not asked again for ten minutes.
    CLIENT_ID_METADATA_DOCUMENTS: 'on',
  },
})
const replay = new ShapeReplay(gateway)
test.after.always(async () => {
  await gateway.remove()
  await internet.stop()
  authority.remove()
})

/** The refusal that tells a client where to go; each of them follows it. */
async function isShownTheWay(t: ExecutionContext, shape: ClosedClientShape): Promise<void> {
  const headers = { ...shape.headers, 'Content-Type': 'application/json' }
  const path = new URL(replay.resource).pathname
  const { status, headers: told } = await replay.ask(shape.opens, path, headers)
  t.is(status, 401, shape.name)
  const hint = `${gateway.url}/.well-known/oauth-protected-resource${path}`
  const challenge = String(told['www-authenticate'])
  t.true(challenge.startsWith(`Bearer resource_metadata="${hint}", scope="mcp"`), challenge)
}

async function become(
  t: ExecutionContext,
  shape: ClosedClientShape,
  metadata: Body,
): Promise<Registered> {
  if (shape.document === undefined) return await replay.register(t, shape, metadata)
  t.true(metadata['client_id_metadata_document_supported'], shape.name)
  t.true((metadata['token_endpoint_auth_methods_supported'] as string[]).includes('none'))
  return { id: shape.document, secret: undefined, body: {} }
}

/** A session in which the tools are listed and one is called; resolves with its answer. */
async function call(shape: ClosedClientShape, tokens: Body): Promise<string> {
  const authorization = `Bearer ${String(tokens['access_token'])}`
  const edge = {
    fetch:
      () =>
      (url: string | URL, init: RequestInit = {}) => {
        const headers = new Headers({ ...shape.headers, authorization })
        for (const [name, value] of new Headers(init.headers)) headers.set(name, value)
        return fetch(new URL(new URL(url).pathname, gateway.url), { ...init, headers })
      },
  }
  const { id: session } = await open(edge, 'echo', { version: shape.version })
  const options = { session, headers: { 'mcp-protocol-version': shape.version } }
  const listed = await json(send(edge, 'echo', rpc('tools/list', {}, 2), options))
  if (!JSON.stringify(listed.result).includes('"whoami"')) return 'whoami is not listed'
  const asked = rpc('tools/call', { name: 'whoami', arguments: {} }, 3)
  const answer = await json(send(edge, 'echo', asked, options))
  await send(edge, 'echo', undefined, { ...options, method: 'DELETE' })
  return JSON.stringify(answer.result)
}

verifies('clients-closed', async (t) => {
  t.timeout(120_000)
  for (const shape of CLOSED) {
    await isShownTheWay(t, shape)
    const metadata = await replay.discover(t, shape)
    const held = await become(t, shape, metadata)
    const found = await replay.loginAs(t, shape, held, metadata)
    t.is(found.tokens['scope'], shape.granted, shape.name)
    const person = `dev:${shape.name.replaceAll(/[^\w.]/g, '-')}`
    t.true((await call(shape, found.tokens)).includes(person), shape.name)
    const later = await replay.goOn(t, shape, found)
    t.true((await call(shape, later)).includes(person), shape.name)
  }
  t.is(internet.count('https://claude.ai/oauth/mcp-oauth-client-metadata') > 0, true)
})
