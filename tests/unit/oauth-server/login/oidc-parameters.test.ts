import test from 'ava'
import { toAuthorizationParameters } from '../../../../oauth-server/login/providers/oidc/authorization-parameters.ts'
import { GROUPS, upstreamLogin } from '../../../support/oidc-login.ts'

const book = { issuer: 'https://id.example', scopes_supported: ['openid', 'offline_access'] }
const google = { issuer: 'https://accounts.google.com', scopes_supported: ['openid', 'email'] }
const microsoft = { ...book, issuer: 'https://login.microsoftonline.com/tenant/v2.0' }

const parametersFor = async (
  metadata: typeof book & { prompt_values_supported?: unknown },
  changes: Parameters<typeof upstreamLogin>[0],
  scopes: string[] = [],
) => {
  const parameters = await toAuthorizationParameters({ scopes }, metadata, upstreamLogin(changes))
  const { scope, prompt, max_age, access_type } = parameters
  return { scope, prompt, max_age, access_type }
}

const plain = {
  scope: 'openid profile email',
  prompt: undefined,
  max_age: undefined,
  access_type: undefined,
}

test('a plain login asks for no more than who somebody is', async (t) => {
  for (const metadata of [book, google, microsoft]) {
    t.deepEqual(await parametersFor(metadata, {}), plain)
  }
  const { scope } = await parametersFor(book, {}, ['groups', 'email'])
  t.is(scope, 'openid profile email groups')
})

test('to read groups again later, each provider is asked in its own way', async (t) => {
  const scope = 'openid profile email offline_access'
  t.deepEqual(await parametersFor(book, { needs: GROUPS }), { ...plain, scope, prompt: 'consent' })
  t.deepEqual(await parametersFor(microsoft, { needs: GROUPS }), { ...plain, scope })
  t.deepEqual(await parametersFor(google, { needs: GROUPS }), {
    ...plain,
    prompt: 'consent',
    access_type: 'offline',
  })
  const never = { ...book, scopes_supported: ['openid'] }
  t.deepEqual(await parametersFor(never, { needs: GROUPS }), plain)
})

test('a proof made anew is asked for in words that the provider takes', async (t) => {
  const promptOf = async (metadata: Parameters<typeof parametersFor>[0], needs = {}) => {
    const { prompt, max_age } = await parametersFor(metadata, { anew: true, ...needs })
    t.is(max_age, '0')
    return prompt
  }
  t.is(await promptOf(book), 'login')
  t.is(await promptOf(google), 'select_account')
  t.is(await promptOf(book, { needs: GROUPS }), 'login consent')
  const prompts = (...values: string[]) => ({ ...book, prompt_values_supported: values })
  t.is(await promptOf(prompts('none', 'login')), 'login')
  t.is(await promptOf(prompts('none', 'select_account')), 'select_account')
  t.is(await promptOf(prompts('none')), undefined)
})
