import test from 'ava'
import {
  type Claims,
  isIncomplete,
  toIdentity,
} from '../../../../oauth-server/login/providers/oidc/identity.ts'
import { ProviderError } from '../../../../oauth-server/login/providers/provider.ts'

const settings = {
  name: 'corp',
  loginClaim: 'preferred_username',
  groupsClaim: 'groups',
  trustsEmail: false,
}
const trusting = { ...settings, trustsEmail: true }
const groups = { groups: true }
const nothing = { groups: false }
const identify = (...sources: Claims[]) => toIdentity(settings, nothing, sources)
const nameOf = (claims: Claims): string => identify({ sub: 'id', ...claims }).name
const emailOf = (...sources: Claims[]) => identify({ sub: 'id' }, ...sources).emails[0]

test('a subject is 1 to 255 printable ASCII characters, byte for byte', (t) => {
  for (const sub of ['a', '583231', 'auth0|5f7c', 'cn=Alice Liddell,dc=x', 'A'.repeat(255)]) {
    t.is(identify({ sub }).providerId, sub)
  }
  for (const sub of ['', ' a', 'a ', 'a\n', 'é', 'a'.repeat(256), 7, null, undefined, ['a'], {}]) {
    const error = t.throws(() => identify({ sub }), { instanceOf: ProviderError })
    t.is(error?.fault, 'unavailable')
  }
})

test('a name is the claim for it, else a verified address, else the name, else the subject', (t) => {
  const verified = { email: 'a@example.com', email_verified: true }
  t.is(nameOf({ preferred_username: 'alice', ...verified, name: 'Alice' }), 'alice')
  t.is(nameOf({ ...verified, name: 'Alice' }), 'a@example.com')
  t.is(nameOf({ email: 'boss@example.com', name: 'Alice' }), 'Alice', 'not verified')
  t.is(nameOf({}), 'id')
  for (const nameless of ['', ' \u200b', 7, null, ['alice'], { a: 1 }]) {
    t.is(nameOf({ preferred_username: nameless, name: 'Alice' }), 'Alice')
  }
  t.is(toIdentity({ ...settings, loginClaim: 'constructor' }, nothing, [{ sub: 'id' }]).name, 'id')
})

test('a name steers nothing, and is bounded', (t) => {
  t.is(nameOf({ name: 'Al\u202eice\u0000\u001b[31m\r\n' }), 'Alice[31m')
  t.is(nameOf({ name: '\u2066Alice\u2069\ufeff' }), 'Alice')
  t.is(nameOf({ name: '  Alice\t  Liddell ' }), 'Alice Liddell')
  t.is(nameOf({ name: 'e\u0301' }), '\u00e9')
  t.is(nameOf({ name: '😀'.repeat(200) }), '😀'.repeat(128))
  t.is(nameOf({ name: '\ud800x' }), 'x', 'half a character')
})

test('a login is the claim for it exactly as it is written, else a verified address, else none', (t) => {
  const loginOf = (claims: Claims) => identify({ sub: 'id', ...claims }).login
  const verified = { email: 'A@example.com', email_verified: true }
  t.is(loginOf({ preferred_username: 'Alice', ...verified }), 'Alice')
  t.is(loginOf(verified), 'a@example.com')
  t.is(loginOf({ ...verified, email_verified: false, name: 'alice' }), undefined)
  t.is(loginOf({}), undefined, 'an id is not a login')
  for (const preferred_username of [
    'ali\u200bce',
    'alice\u0007',
    ' alice',
    'alice ',
    'al  ice',
    'jose\u0301',
    '\u202ealice',
    'a'.repeat(129),
    '',
    ['alice'],
  ]) {
    t.is(loginOf({ preferred_username, ...verified }), undefined, String(preferred_username))
  }
  const byAddress = { ...settings, loginClaim: 'email' }
  const told = { sub: 'id', email: 'boss@example.com', email_verified: false }
  t.is(toIdentity(byAddress, nothing, [told]).login, undefined)
  t.is(toIdentity(byAddress, nothing, [{ sub: 'id', ...verified }]).login, 'a@example.com')
})

test('an address counts when its own provider says that it is verified', (t) => {
  const email = 'Alice@Example.COM'
  t.is(emailOf({ email, email_verified: true }), 'alice@example.com')
  t.is(emailOf({ email, email_verified: 'true' }), 'alice@example.com')
  for (const email_verified of [false, 'false', 1, 'TRUE', null, undefined, {}]) {
    t.is(emailOf({ email, email_verified }), undefined)
  }
  t.deepEqual(toIdentity(trusting, nothing, [{ sub: 'id', email }]).emails, ['alice@example.com'])
})

test('what says that an address is verified speaks of no other address', (t) => {
  const [first, second] = [{ email: 'a@example.com' }, { email: 'b@example.com' }]
  t.is(emailOf(first, { ...second, email_verified: true }), 'b@example.com')
  t.is(emailOf({ ...first, email_verified: false }, { ...second, email_verified: true }), undefined)
  t.is(emailOf(first, { email_verified: true }), undefined)
})

test('what is no address is none', (t) => {
  const bad = [
    'alice',
    'a@b@c',
    '@example.com',
    'alice@',
    'a b@example.com',
    'alice@exam\u212aple.com',
    'älice@example.com',
    `${'a'.repeat(65)}@example.com`,
    `a@${'a'.repeat(190)}`,
    'a\r\n@example.com',
    7,
    ['a@example.com'],
  ]
  for (const email of bad) t.is(emailOf({ email, email_verified: true }), undefined, String(email))
})

test('groups are a list of texts, or one text, or none', (t) => {
  const groupsOf = (...sources: Claims[]) =>
    toIdentity(settings, groups, [{ sub: 'id' }, ...sources]).groups
  t.deepEqual(groupsOf({ groups: ['b', 'a', 'b', ''] }), ['b', 'a'])
  t.deepEqual(groupsOf({ groups: 'a' }), ['a'])
  t.deepEqual(groupsOf({ groups: [] }, { groups: ['a'] }), [], 'the first that tells decides')
  t.deepEqual(groupsOf({}, { groups: ['a'] }), ['a'])
  t.deepEqual(groupsOf({}), [])
  t.deepEqual(groupsOf({ groups: ['a', 'b'.repeat(257)] }), ['a'])
  t.is(identify({ sub: 'id', groups: ['a'] }).groups, undefined, 'nobody asked')
  const elsewhere = { _claim_names: { groups: 'src1' } }
  for (const claims of [elsewhere, { hasgroups: true }, { groups: 7 }, { groups: [['a']] }]) {
    t.is(t.throws<ProviderError>(() => groupsOf(claims))?.fault, 'unavailable')
  }
  t.deepEqual(groupsOf(elsewhere, { groups: ['a'] }), ['a'], 'the other source tells')
})

test('the user information is asked where the ID token may not be all', (t) => {
  const full = { preferred_username: 'a', email: 'a@example.com', email_verified: false }
  t.false(isIncomplete(settings, nothing, full))
  t.true(isIncomplete(settings, groups, full))
  t.false(isIncomplete(settings, groups, { ...full, groups: [] }))
  for (const missing of Object.keys(full)) {
    const claims = { ...full, [missing]: undefined }
    t.true(isIncomplete(settings, nothing, claims), missing)
    t.is(isIncomplete(trusting, nothing, claims), missing !== 'email_verified')
  }
})
