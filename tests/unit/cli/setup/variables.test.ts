import test from 'ava'
import type { Answers } from '../../../../cli/setup/answers.ts'
import { changeEnvFile, parseEnvFile } from '../../../../cli/setup/env-file.ts'
import { toVariables } from '../../../../cli/setup/to-variables.ts'
import { Secret } from '../../../../lib/platform/secret.ts'

const TRIAL: Answers = {
  place: { kind: 'trial', tls: true },
  port: 8642,
  provider: { kind: 'none' },
  allowed: [],
}
const SITE: Answers = {
  place: { kind: 'domain', domain: 'example.com', email: 'a@example.com' },
  port: 443,
  provider: { kind: 'github', clientId: 'Iv1.a', clientSecret: new Secret('hush') },
  allowed: ['octocat', '*@acme.example'],
}
const OIDC: Answers = {
  ...SITE,
  provider: {
    kind: 'oidc',
    name: 'okta',
    issuer: 'https://acme.okta.com',
    clientId: '0oa',
    clientSecret: new Secret('quiet'),
  },
  allowed: ['*@acme.example'],
}

function write(text: string, answers: Answers): Record<string, string | undefined> {
  const file = parseEnvFile(text)
  return { ...changeEnvFile(file, toVariables(answers, undefined, file.values)).values }
}
const toText = (values: Record<string, string | undefined>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')

test('a trial has an address of this machine, over TLS or plain', (t) => {
  t.deepEqual(write('', TRIAL), { PUBLIC_URL: 'https://localhost:8642', GATEWAY_TLS: 'true' })
  t.deepEqual(write('', { ...TRIAL, place: { kind: 'trial', tls: false }, port: 9000 }), {
    GATEWAY_PORT: '9000',
    PUBLIC_URL: 'http://localhost:9000',
  })
})

test('a domain with GitHub: logins are GitHub’s, rules are rules', (t) => {
  t.deepEqual(write('', SITE), {
    GATEWAY_PORT: '443',
    BASE_DOMAIN: 'example.com',
    ACME_EMAIL: 'a@example.com',
    GITHUB_CLIENT_ID: 'Iv1.a',
    GITHUB_CLIENT_SECRET: 'hush',
    ALLOWED_GITHUB_USERS: 'octocat',
    ALLOWED_USERS: '*@acme.example',
  })
})

test('another answer takes the one before out, and nothing else', (t) => {
  const mine = { LOG_LEVEL: 'debug', PUBLIC_URL: 'https://mcp.example.com' }
  const oidc = write(toText({ ...write('', SITE), ...mine }), OIDC)
  t.deepEqual(oidc, {
    ...mine,
    GATEWAY_PORT: '443',
    BASE_DOMAIN: 'example.com',
    ACME_EMAIL: 'a@example.com',
    OIDC_NAME: 'okta',
    OIDC_ISSUER: 'https://acme.okta.com',
    OIDC_CLIENT_ID: '0oa',
    OIDC_CLIENT_SECRET: 'quiet',
    ALLOWED_USERS: '*@acme.example',
  })
  t.deepEqual(write(toText({ ...write('', TRIAL), LOG_LEVEL: 'debug' }), SITE), {
    LOG_LEVEL: 'debug',
    ...write('', SITE),
  })
  t.deepEqual(write(toText(oidc), TRIAL), {
    LOG_LEVEL: 'debug',
    GATEWAY_PORT: '8642',
    PUBLIC_URL: 'https://localhost:8642',
    GATEWAY_TLS: 'true',
  })
})

test('those of the file are left to the operator', (t) => {
  const own = 'GITHUB_CLIENT_ID=mine\nALLOWED_USERS=a@example.com\n'
  t.like(write(own, { ...TRIAL, provider: { kind: 'file' } }), {
    GITHUB_CLIENT_ID: 'mine',
    ALLOWED_USERS: 'a@example.com',
  })
})

test('a root secret is written once it is made', (t) => {
  const made = toVariables(TRIAL, new Secret('fresh'), {})
  t.is(made.get('GATEWAY_SECRET'), 'fresh')
  t.false(toVariables(TRIAL, undefined, {}).has('GATEWAY_SECRET'))
})
