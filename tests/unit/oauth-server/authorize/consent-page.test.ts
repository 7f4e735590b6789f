import test from 'ava'
import { readGateway } from '../../../../lib/catalogue/gateway.ts'
import { stillGateway } from '../../../../lib/catalogue/live-gateway.ts'
import { showConsentPage } from '../../../../oauth-server/authorize/consent-page.ts'
import type { Client } from '../../../../oauth-server/clients/client.ts'
import { createProviders } from '../../../../oauth-server/login/providers/providers.ts'
import type { Ports } from '../../../../oauth-server/ports.ts'
import { createScopes } from '../../../../oauth-server/scopes.ts'
import { createPageContext } from '../../../support/page-context.ts'

const gateway = readGateway({}, '/nonexistent')
const live = stillGateway(gateway)
const ports = {
  gateway,
  live,
  scopes: createScopes(live),
  providers: createProviders(gateway, new Map()),
  access: { servicesOf: async () => [...gateway.services.keys()] },
} as unknown as Ports

const CLIENT: Client = {
  id: 'a'.repeat(22),
  kind: 'registered',
  redirectUris: ['https://app.example/cb'],
  authMethod: 'none',
  grantTypes: ['authorization_code'],
  name: 'Client',
  echoed: { client_uri: 'https://linked.example', logo_uri: 'https://linked.example/logo' },
  secretDigest: undefined,
  registeredAt: 1,
}

const INTERACTION = {
  clientId: CLIENT.id,
  redirectUri: 'https://app.example/cb',
  state: undefined,
  codeChallenge: 'x',
  service: 'echo',
  requestedScopes: [],
  nonce: undefined,
  maxAgeSeconds: undefined,
}

const pageOf = async (
  changes: object,
  client: Partial<Client> = {},
  userName?: string,
): Promise<string> => {
  const ctx = createPageContext()
  const login =
    userName === undefined
      ? undefined
      : { id: 'i', key: 'k', userId: `dev:${userName}`, userName, authenticatedAt: 1 }
  await showConsentPage(ctx, ports, {
    interactionId: 'id',
    interaction: { ...INTERACTION, ...changes },
    client: { ...CLIENT, ...client },
    login,
  })
  return String(ctx.body)
}

test('a client that a document describes is shown with the host of the document', async (t) => {
  const page = await pageOf({}, { id: 'https://docs.example:8443/a.json', kind: 'document' })
  t.true(
    page.includes(
      '<dt>The application is described by</dt>\n<dd><strong>docs.example:8443</strong></dd>',
    ),
  )
  t.false((await pageOf({})).includes('The application is described by'))
})

for (const [redirectUri, shown, warned] of [
  ['https://app.example:8443/cb', '<strong>app.example:8443</strong>', false],
  ['https://xn--bcher-kva.example/cb', '<strong>xn--bcher-kva.example</strong>', false],
  ['http://127.0.0.1:1/cb', '<strong>127.0.0.1</strong>', true],
  ['http://[::1]/cb', '<strong>[::1]</strong>', true],
  ['cursor://app/cb', '<strong>cursor:</strong>', true],
  ['com.example:/cb', '<strong>com.example:</strong>', true],
  ['urn:ietf:wg:oauth:2.0:oob', 'as a code to be copied', true],
] as const) {
  test(`where the answer goes is said in plain words: ${redirectUri}`, async (t) => {
    const page = await pageOf({ redirectUri })
    t.true(page.includes(shown))
    t.is(page.includes('class="warning"'), warned)
  })
}

test('nothing of the client becomes a link or an image', async (t) => {
  const [, main = ''] = (await pageOf({})).split('<main')
  t.notRegex(main, /linked\.example|<img|<a /)
})

test('the form begins with who is signed in, else with the hint', async (t) => {
  t.regex(await pageOf({}), /name="username" type="text" value=""/)
  t.regex(await pageOf({ loginHint: 'hint' }), /name="username" type="text" value="hint"/)
  t.regex(await pageOf({ loginHint: 'hint' }, {}, 'ann'), /name="username" type="text" value="ann"/)
})
