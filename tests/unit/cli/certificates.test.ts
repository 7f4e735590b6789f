import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { CliError } from '../../../cli/cli-error.ts'
import type { Context } from '../../../cli/context.ts'
import { createOutput } from '../../../cli/output.ts'
import { requireCertificate, requireOtherPort } from '../../../cli/start/certificates.ts'
import { withDevelopmentTls } from '../../../cli/start/development-tls.ts'
import { planLego } from '../../../cli/start/lego.ts'
import type { Environment } from '../../../lib/platform/environment.ts'

const contextOf = (environment: Environment): Context => ({
  environment,
  workingDirectory: '/',
  output: createOutput(process, { json: false, colour: false }),
  clock: Date.now,
  rooms: '/rooms',
  stdin: process.stdin,
})

const issuerWith = (environment: Environment, asked = true): string | undefined =>
  withDevelopmentTls(contextOf(environment), { isAsked: asked }).environment['PUBLIC_URL']

test('--tls makes the address one of https, whatever port and layout', (t) => {
  t.is(issuerWith({}), 'https://localhost:8642')
  t.is(issuerWith({ GATEWAY_PORT: '9000' }), 'https://localhost:9000')
  t.is(issuerWith({ BASE_DOMAIN: 'gw.localhost' }), 'https://auth.gw.localhost:8642')
  t.is(issuerWith({ PUBLIC_URL: 'https://127.0.0.1:9000' }), 'https://127.0.0.1:9000')
  t.is(issuerWith({ GATEWAY_TLS: 'yes' }, false), 'https://localhost:8642')
  t.is(issuerWith({}, false), undefined)
})

test('--tls and an address of http are told to be two things', (t) => {
  const error = t.throws(() => issuerWith({ PUBLIC_URL: 'http://localhost:8642' }), {
    instanceOf: CliError,
    message: /^--tls makes https of the address, and PUBLIC_URL=http:\/\/localhost:8642 says http/,
  })
  t.regex(error.nextStep ?? '', /PUBLIC_URL=https:\/\/localhost:8642/)
})

test('--tls is for this machine alone', (t) => {
  const far = { loopback: false, issuer: 'https://gw.example' }
  const error = t.throws(() => requireCertificate({ kind: 'development' }, far), {
    instanceOf: CliError,
    message: /for this machine alone, and not for https:\/\/gw\.example/,
  })
  t.regex(error.nextStep ?? '', /ACME_EMAIL/)
})

test('what is missing is told with the ways out of it', (t) => {
  const own = { kind: 'own', folder: '/nowhere' } as const
  const refusal = (loopback: boolean) =>
    t.throws(() => requireCertificate(own, { loopback, issuer: 'https://x' }), {
      instanceOf: CliError,
      message: /fullchain\.pem and \S+privkey\.pem are not there\.$/,
    })
  t.regex(refusal(true)?.nextStep ?? '', /into \/nowhere, or start with --tls/)
  t.regex(refusal(false)?.nextStep ?? '', /ACME_EMAIL/)
})

test('lego is found, or it is said where to get it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'lego-'))
  const program = join(folder, 'lego')
  await t.throwsAsync(planLego({ PATH: folder }), { message: /lego is not on PATH/ })
  await t.throwsAsync(planLego({ LEGO_BIN: program }), { message: /LEGO_BIN=\S+ is no program/ })
  const help = '[ "$3" = cloudflare ] || exit 1\necho \'- "CF_TOKEN": token\''
  writeFileSync(program, `#!/bin/sh\n${help}\n`)
  chmodSync(program, 0o700)
  t.deepEqual(await planLego({ PATH: folder }), { program, variables: [] })
  const cloudflare = {
    PATH: `${folder}:/usr/bin:/bin`,
    ACME_DNS_PROVIDER: 'cloudflare',
    CLOUDFLARE_TTL: '1',
    AWS_SECRET_ACCESS_KEY: 'of another',
  }
  t.deepEqual((await planLego(cloudflare)).variables, [
    'CF_TOKEN',
    'CF_TOKEN_FILE',
    'CLOUDFLARE_TTL',
  ])
  await t.throwsAsync(planLego({ ...cloudflare, ACME_DNS_PROVIDER: 'nobody' }), {
    message: /lego knows no DNS provider "nobody"/,
  })
})

test('plain HTTP has a port that nothing else serves', (t) => {
  const ports = { port: 443, adminPort: 9901, metricsPort: 9464 }
  t.notThrows(() => requireOtherPort(80, ports))
  t.throws(() => requireOtherPort(443, ports), { message: /GATEWAY_HTTP_PORT and GATEWAY_PORT / })
  t.throws(() => requireOtherPort(9464, ports), {
    message: /and GATEWAY_METRICS_PORT are both 9464/,
  })
})
