import test from 'ava'
import { parseParams } from '../../../../oauth-server/http/params.ts'
import { nameOf, parsePerson } from '../../../../oauth-server/login/person.ts'
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

/** What a form comes to, in a word. */
const read = (form: string, providers: Map<string, Provider>, login?: typeof ALICE): string => {
  const person = parsePerson(parseParams(form), { login, providers })
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

test('without dev a name chooses nothing among several', (t) => {
  t.is(read('username=bob', mapOf(github, okta)), 'chooseWay')
})

test('a name is shown with its provider wherever there is more than dev', (t) => {
  t.is(nameOf(mapOf(devProvider), ALICE), 'alice')
  t.is(nameOf(mapOf(devProvider, github), ALICE), 'alice (dev)')
  t.is(nameOf(mapOf(github), OCTOCAT), 'octocat (GitHub)')
})
