import test from 'ava'
import {
  nameOfIssuer,
  readAllowed,
  readClientSecret,
  readDomain,
  readEmail,
  readIssuer,
  readPort,
} from '../../../../cli/setup/answers.ts'

test('a domain', (t) => {
  t.deepEqual(readDomain(' Example.COM. '), { value: 'example.com' })
  t.deepEqual(readDomain('mcp.example.co.uk'), { value: 'mcp.example.co.uk' })
  for (const trial of ['', '  ', 'local']) t.deepEqual(readDomain(trial), { value: '' })
})

for (const [text, expected] of [
  ['https://example.com', /the domain alone/],
  ['example.com/mcp', /the domain alone/],
  ['me@example.com', /the domain alone/],
  ['localhost', /leave it empty/],
  ['gw.localhost', /leave it empty/],
  ['auth.example.com', /leave "auth\." out/],
  ['example', /a domain of yours/],
  ['203.0.113.7', /a domain of yours/],
  ['exa mple.com', /a domain of yours/],
  ['-a.example', /a domain of yours/],
  [`${'a'.repeat(64)}.example`, /a domain of yours/],
] as const) {
  test(`no domain: ${text}`, (t) => {
    const reading = readDomain(text)
    t.regex('fault' in reading ? reading.fault : '', expected)
  })
}

test('an e-mail address', (t) => {
  t.deepEqual(readEmail(' a.b+c@example.com '), { value: 'a.b+c@example.com' })
  for (const text of ['', 'a', 'a@b', 'a b@example.com', 'a@example.com,b@example.com']) {
    t.true('fault' in readEmail(text), text)
  }
})

test('an issuer is https, or on this machine', (t) => {
  t.true('value' in readIssuer('https://id.example/realms/acme'))
  t.true('value' in readIssuer('http://localhost:9000'))
  for (const text of [
    '',
    'id.example',
    'http://id.example',
    'https://a:b@id.example',
    'https://x?y',
  ]) {
    t.true('fault' in readIssuer(text), text)
  }
})

test('an issuer that many know has its name', (t) => {
  t.is(nameOfIssuer('https://accounts.google.com'), 'google')
  t.is(nameOfIssuer('https://acme.okta.com'), 'okta')
  t.is(nameOfIssuer('https://okta.com.evil.example'), 'oidc')
})

test('a secret does not show itself', (t) => {
  const reading = readClientSecret(' hush ')
  t.is('value' in reading ? reading.value.reveal() : '', 'hush')
  t.notRegex(JSON.stringify(reading), /hush/)
  t.true('fault' in readClientSecret('two words'))
})

test('who may in, and where', (t) => {
  t.deepEqual(readAllowed(' octocat ,, *@acme.example'), { value: ['octocat', '*@acme.example'] })
  t.true('fault' in readAllowed(' , '))
  t.deepEqual(readPort('443'), { value: 443 })
  for (const text of ['0', '65536', '1e3', '', 'x']) t.true('fault' in readPort(text), text)
})
