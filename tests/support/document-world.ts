/** An authorization server and an internet of clients' publishers that it may ask, the guard switched on. */

import { REAL_DOCUMENTS } from '../fixtures/client-documents/documents.ts'
import { type Authority, createAuthority } from './certificates.ts'
import { type DocumentServer, startDocumentServer } from './document-server.ts'
import type { HttpResponse } from './http.ts'
import { createOAuthClient, type Fields, type OAuthClient } from './oauth-client.ts'
import { type OAuthServer, startOAuthServer } from './oauth-server.ts'
import type { Valkey } from './valkey.ts'

export interface DocumentWorld {
  readonly authority: Authority
  readonly internet: DocumentServer
  readonly server: OAuthServer
  readonly client: OAuthClient
  /** Another process of the same store and the same internet. */
  startAnother(environment?: Fields): Promise<OAuthServer>
  /** Opens the authorization endpoint as a browser of this address does. */
  open(clientId: string, changes?: Fields, from?: string): Promise<HttpResponse>
  stop(): Promise<void>
}

export const HOSTS = ['claude.ai', 'chatgpt.com', 'vscode.dev', 'client.test', 'keys.test']
export const REDIRECT = 'https://client.test/cb'

/** `places` are more names, by the port of this machine that serves them. */
export async function startDocumentWorld(
  environment: Fields = {},
  places: Readonly<Record<string, number>> = {},
): Promise<DocumentWorld> {
  const authority = createAuthority()
  const internet = await startDocumentServer(authority.issue(HOSTS))
  // Before the first probe.
  for (const document of REAL_DOCUMENTS) internet.serve(document.client_id, document)
  const all = { ...Object.fromEntries(HOSTS.map((host) => [host, internet.port])), ...places }
  const start = (more: Fields = {}, valkey?: Valkey): Promise<OAuthServer> =>
    startOAuthServer({
      environment: {
        CLIENT_ID_METADATA_DOCUMENTS: 'auto',
        CLIENT_DOCUMENT_TEST_HOSTS: Object.entries(all)
          .map(([name, port]) => `${name}=127.0.0.1:${port}`)
          .join(','),
        NODE_EXTRA_CA_CERTS: authority.path,
        RATE_LIMIT_FACTOR: '1000',
        // Whoever offers to stand between is not asked.
        NODE_USE_ENV_PROXY: '1',
        HTTPS_PROXY: 'http://127.0.0.1:9',
        ...environment,
        ...more,
      },
      ...(valkey === undefined ? {} : { valkey }),
    })
  const server = await start()
  const client = createOAuthClient(server.send, server.issuer)
  return {
    authority,
    internet,
    server,
    client,
    startAnother: (more) => start(more, server.valkey),
    open(clientId, changes = {}, from = '203.0.113.1') {
      const { url } = client.begin(clientId, { redirect_uri: REDIRECT, ...changes })
      const headers = { accept: 'text/html', 'x-forwarded-for': from }
      return server.send({ url, headers })
    },
    async stop() {
      await server.stop()
      await internet.stop()
      authority.remove()
    },
  }
}

/** A document that nothing is wrong with. */
export function toDocument(url: string, changes: object = {}): object {
  return { client_id: url, client_name: 'Test client', redirect_uris: [REDIRECT], ...changes }
}
