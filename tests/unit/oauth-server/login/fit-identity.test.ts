import test from 'ava'
import { toUser } from '../../../../oauth-server/store/users.ts'

test('what rules compare is left out when it is unfit, a name is mended', (t) => {
  const unfit = ['a\ud800', 'b\u0000', 'c\n', 'd\u2028', '', 'e'.repeat(513)]
  const members = (names: readonly string[]) =>
    names.map((name, index) => ({ id: `${index}`, name }))
  const user = toUser('corp', {
    providerId: '7',
    name: 'al\ud800ice\u0007',
    login: 'al\ud800ice',
    emails: ['a\ud800@example.com', 'a@example.com'],
    organizations: members(['acme', ...unfit]),
    teams: members(['acme/platform', ...unfit]),
    groups: ['/engineers and  others', 'größe', ...unfit],
  })
  t.deepEqual(user, {
    id: 'corp:7',
    provider: 'corp',
    name: 'alice',
    emails: ['a@example.com'],
    organizations: members(['acme']),
    teams: members(['acme/platform']),
    groups: ['/engineers and  others', 'größe'],
  })
})

test('who is called nothing that can be shown is called by their id', (t) => {
  for (const name of ['', '\ud800', ' \n', '\u200b']) {
    t.is(toUser('corp', { providerId: '7', name, emails: [] }).name, '7')
  }
})

test('a tower of marks becomes a letter that stays within its line', (t) => {
  const name = `Rene\u0301 q${'\u0323'.repeat(60)}`
  const user = toUser('corp', { providerId: '7', name, emails: [] })
  t.is(user.name, `René q${'\u0323'.repeat(5)}`)
})

test('not having been told stays so', (t) => {
  const user = toUser('corp', { providerId: '7', name: 'a', emails: [], groups: undefined })
  t.is(user.groups, undefined)
  t.is(user.organizations, undefined)
})
