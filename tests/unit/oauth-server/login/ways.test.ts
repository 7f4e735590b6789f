import test from 'ava'
import type { Provider } from '../../../../oauth-server/login/providers/provider.ts'
import { toWays } from '../../../../oauth-server/login/ways.ts'
import { renderPage } from '../../../../oauth-server/pages/render.ts'
import { LANGUAGES, type Language } from '../../../../oauth-server/pages/words/words.ts'
import { createCommandedProvider, devProvider } from '../../../support/login-world.ts'
import { createPageContext } from '../../../support/page-context.ts'

const github = createCommandedProvider('github', 'GitHub')
const okta = createCommandedProvider('okta', 'Okta <&> Co')
const SETS: readonly (readonly Provider[])[] = [
  [devProvider],
  [github],
  [github, devProvider],
  [github, okta],
  [github, okta, devProvider],
]

const loginOf = (userId: string) => ({
  id: 'i',
  key: 'k',
  userId,
  userName: 'ann',
  authenticatedAt: 1,
})
const LOGINS = [undefined, loginOf('dev:ann'), loginOf('github:1')]

const waysOf = (providers: readonly Provider[], login = LOGINS[0], loginHint?: string) =>
  toWays({ providers: new Map(providers.map((one) => [one.name, one])) }, { login, loginHint })

const render = (language: Language, ways: object, problem?: object): string => {
  const ctx = createPageContext(language)
  renderPage(ctx, 'login', { proof: 'p', returnPath: '/', ways, problem })
  return String(ctx.body)
}

test('nothing is chosen where there is one way, and nobody is signed in', (t) => {
  t.like(waysOf([github]), { isChoice: false, approve: { key: 'approveWith' } })
  t.like(waysOf([devProvider]), { isChoice: false, approve: { key: 'approve' } })
})

test('the button tells that a login follows, where it does', (t) => {
  t.like(waysOf([github, okta]), { isChoice: true, approve: { key: 'approveAndLogIn' } })
  t.like(waysOf([github, devProvider]), { isChoice: true, approve: { key: 'approveAndLogIn' } })
  t.like(waysOf([github], LOGINS[2]), { isChoice: true, approve: { key: 'approve' } })
})

test('the field for a name begins with whom dev knows or the client expects, never with another’s', (t) => {
  t.is(waysOf([devProvider], LOGINS[1]).dev?.username, 'ann')
  t.is(waysOf([devProvider, github], LOGINS[1]).dev?.username, '')
  t.is(waysOf([devProvider, github], LOGINS[2]).dev?.username, '')
  t.is(waysOf([devProvider, github], undefined, 'bob').dev?.username, 'bob')
  t.is(waysOf([devProvider], undefined, 'bob@example.com').dev?.username, '')
})

test('every page that asks who somebody is has its words, in every language', (t) => {
  for (const language of LANGUAGES) {
    for (const providers of SETS) {
      for (const login of LOGINS) {
        const page = render(language, waysOf(providers, login))
        t.notRegex(page, /\{[a-zA-Z]+\}|undefined/)
        t.false(page.includes('<&>'))
      }
    }
  }
})

for (const key of [
  'chooseWay',
  'writeName',
  'loginCancelled',
  'accountBlocked',
  'providerUnavailable',
  'providerMisconfigured',
  'providerInvalid',
  'gatewayFailed',
  'loginTooOld',
  'notForYou',
  'accountChanged',
  'tooMany',
]) {
  test(`the sentence ${key} exists in every language`, (t) => {
    const values = { provider: 'Okta', name: 'ann', service: 'echo', seconds: 3 }
    for (const language of LANGUAGES) {
      t.regex(render(language, waysOf([okta]), { key, values }), /role="alert">[^{}]+<\/p>/)
    }
  })
}
