import test from 'ava'
import { parseParams } from '../../../../oauth-server/http/params.ts'
import { markOf, nameOf, parsePerson } from '../../../../oauth-server/login/person.ts'
import type { Provider } from '../../../../oauth-server/login/providers/provider.ts'
import { createCommandedProvider, devProvider } from '../../../support/login-world.ts'

const github = createCommandedProvider('github', 'GitHub')
const okta = createCommandedProvider('okta', 'Okta')
const mapOf = (...providers: Provider[]) =>
  new Map(providers.map((provider) => [provider.name, provider]))

const loginOf = (userId: string, userName: string) => ({
  id: 'i',
  key: 'k',
  userId,
  userName,
  authenticatedAt: 1,
})
const ALICE = loginOf('dev:alice', 'alice')
const OCTOCAT = loginOf('github:583231', 'octocat')

/** What a form comes to, in a word. @param named by the page; as a rule whoever is signed in. */
const read = (
  form: string,
  providers: Map<string, Provider>,
  login?: typeof ALICE,
  named: typeof ALICE | null = login ?? null,
): string => {
  const mark = named === null ? '' : `&named=${markOf(named)}`
  const person = parsePerson(parseParams(form + mark), { login, providers })
  if (typeof person === 'string') return person
  if (person.kind === 'known') return `known ${person.login.userId}`
  if (person.kind === 'new') return `new ${person.arrival.user.id}`
  return `away ${person.provider.name}${person.isAnother ? ' another' : ''}`
}

for (const [form, expected, login] of [
  ['username=bob', 'new dev:bob'],
  ['provider=dev&username=bob', 'new dev:bob'],
  ['', 'writeName'],
  ['username=', 'writeName'],
  ['username=a+b', 'writeName'],
  ['provider=github', 'chooseWay'],
  ['', 'known dev:alice', ALICE],
  ['username=alice', 'known dev:alice', ALICE],
  ['provider=dev&username=alice', 'known dev:alice', ALICE],
  ['username=bob', 'new dev:bob', ALICE],
  ['username=a+b', 'writeName', ALICE],
] as const) {
  test(`dev alone, ${login ? 'signed in' : 'nobody'}: "${form}" is ${expected}`, (t) => {
    t.is(read(form, mapOf(devProvider), login), expected)
  })
}

for (const [form, expected, login] of [
  ['', 'away github'],
  ['provider=', 'away github'],
  ['provider=github', 'away github'],
  ['username=bob', 'away github'],
  ['provider=dev&username=bob', 'chooseWay'],
  ['provider=__proto__', 'chooseWay'],
  ['', 'known github:583231', OCTOCAT],
  ['username=octocat', 'known github:583231', OCTOCAT],
  ['username=bob', 'known github:583231', OCTOCAT],
  ['provider=github', 'away github another', OCTOCAT],
] as const) {
  test(`GitHub alone, ${login ? 'signed in' : 'nobody'}: "${form}" is ${expected}`, (t) => {
    t.is(read(form, mapOf(github), login), expected)
  })
}

for (const [form, expected, login] of [
  ['', 'chooseWay'],
  ['provider=okta', 'away okta'],
  ['provider=okta&username=', 'away okta'],
  ['username=bob', 'new dev:bob'],
  ['provider=dev', 'writeName'],
  ['', 'known github:583231', OCTOCAT],
  ['username=', 'known github:583231', OCTOCAT],
  // At the dev provider the same name is somebody else.
  ['username=octocat', 'new dev:octocat', OCTOCAT],
  ['provider=okta', 'away okta another', OCTOCAT],
  ['provider=dev&username=bob', 'new dev:bob', OCTOCAT],
] as const) {
  test(`several, ${login ? 'signed in' : 'nobody'}: "${form}" is ${expected}`, (t) => {
    t.is(read(form, mapOf(github, okta, devProvider), login), expected)
  })
}

for (const [form, expected, login] of [
  ['', 'accountChanged'],
  ['', 'accountChanged', ALICE],
  ['provider=', 'accountChanged', ALICE],
  ['username=', 'accountChanged', ALICE],
  ['provider=okta', 'away okta another', ALICE],
  // Who writes a name says who is meant.
  ['username=bob', 'new dev:bob', ALICE],
  ['username=alice', 'known dev:alice', ALICE],
] as const) {
  const signedIn = login ? 'somebody else now' : 'nobody now'
  test(`a page has named octocat, ${signedIn}: "${form}" is ${expected}`, (t) => {
    t.is(read(form, mapOf(github, okta, devProvider), login, OCTOCAT), expected)
  })
}

test('a page has named octocat, who has logged in anew: they are meant', (t) => {
  const anew = { ...OCTOCAT, id: 'another', key: 'another' }
  t.is(read('', mapOf(github), anew, OCTOCAT), 'known github:583231')
})

for (const [form, expected, providers] of [
  ['', 'away github', mapOf(github)],
  ['provider=github', 'away github', mapOf(github, okta)],
  ['', 'chooseWay', mapOf(github, okta)],
  ['', 'writeName', mapOf(devProvider)],
] as const) {
  test(`a page has named nobody, and says as much later: "${form}" is ${expected}`, (t) => {
    for (const login of [undefined, OCTOCAT, ALICE]) {
      t.is(read(form, providers, login, null), expected)
    }
  })
}

test('without dev a name chooses nothing among several', (t) => {
  t.is(read('username=bob', mapOf(github, okta)), 'chooseWay')
})

test('a name is shown with its provider wherever there is more than dev', (t) => {
  t.is(nameOf(mapOf(devProvider), ALICE), 'alice')
  t.is(nameOf(mapOf(devProvider, github), ALICE), 'alice (dev)')
  t.is(nameOf(mapOf(github), OCTOCAT), 'octocat (GitHub)')
})
