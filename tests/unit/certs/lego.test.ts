import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { type LegoSettings, legoArguments, legoFault, runLego } from '../../../certs/lego.ts'
import { makePlaceholder } from '../../../certs/making.ts'

const folder = mkdtempSync(join(tmpdir(), 'lego-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

const settings: LegoSettings = {
  program: join(folder, 'lego'),
  folder: join(folder, 'acme'),
  email: 'a@example.com',
  directoryUrl: 'https://acme.example/dir',
  challenge: { kind: 'http', webroot: '/webroot' },
  environment: { PATH: '/usr/bin:/bin', TOKEN: 'hush' },
}

test('one certificate for all names, by HTTP-01 through a folder', (t) => {
  const words = legoArguments(settings, ['a.example', 'b.example']).join(' ')
  t.regex(words, /--http --http\.webroot \/webroot --domains a\.example --domains b\.example run$/)
  t.regex(words, /--server https:\/\/acme\.example\/dir --email a@example\.com --accept-tos/)
})

test('or by DNS-01', (t) => {
  const challenge = {
    kind: 'dns',
    provider: 'cloudflare',
    resolvers: ['9.9.9.9:53'],
    propagationCheck: false,
  } as const
  const words = legoArguments({ ...settings, challenge }, ['*.example.com']).join(' ')
  t.regex(
    words,
    /--dns cloudflare --dns\.resolvers 9\.9\.9\.9:53 --dns\.disable-cp --domains \*\.example\.com run$/,
  )
  t.notRegex(words, /--http/)
})

test('its words are told without its times, and no more than a person reads', (t) => {
  const output = `2026/11/28 18:00:00 [INFO] [a.example] acme: Obtaining bundled SAN certificate
2026/11/28 18:00:01 Could not obtain certificates:
\terror: one or more domains had a problem:
[a.example] acme: error: 403`
  t.is(
    legoFault(output, ['a.example']),
    'lego: Could not obtain certificates: error: one or more domains had a problem: [a.example] acme: error: 403',
  )
  t.true((legoFault('x'.repeat(100_000), []) ?? '').length < 1100)
  t.is(legoFault('', []), undefined)
})

test('of several names it is told first for which the others wait, as either lego writes it', (t) => {
  const words = 'acme: error: 400 :: urn:ietf:params:acme:error:dns :: no such name'
  const names = ['a.example', 'b.example', 'c.example']
  const hint =
    /^b\.example, c\.example cannot be proved, and all names are in one certificate: .* lego: Could/
  for (const toLine of [
    (name: string): string => `[${name}] ${words}`,
    (name: string): string => `${name}: ${words}`,
  ]) {
    const output = `2026/11/28 18:00:00 [INFO] [a.example] acme: Trying to solve HTTP-01
2026/11/28 18:00:01 Could not obtain certificates:
\terror: one or more domains had a problem:
${toLine('c.example')}
${toLine('b.example')}`
    t.regex(legoFault(output, names) ?? '', hint)
  }
  const many = Array.from({ length: 90 }, (_, index) => `n${index}.example`)
  const output = many.map((name) => `[${name}] ${words}`).join('\n')
  const fault = legoFault(output, many) ?? ''
  t.regex(fault, /^n0\.example, .*n4\.example and 85 more cannot be proved/)
  t.true(fault.length < 1300)
  t.notRegex(legoFault('dial tcp: connection refused', many) ?? '', /cannot be proved/)
})

function pretend(script: string): void {
  writeFileSync(settings.program, `#!/bin/sh\n${script}\n`)
  chmodSync(settings.program, 0o700)
}

const { signal } = new AbortController()

test.serial('it knows nothing but what it is given', async (t) => {
  pretend('env >&2; exit 1')
  const { message } = await t.throwsAsync(runLego(settings, ['a.example'], signal))
  t.regex(message, /TOKEN=hush/)
  t.notRegex(message, /HOME=|USER=/)
})

test.serial('a success without a certificate is none', async (t) => {
  pretend(`mkdir -p "${settings.folder}/certificates"`)
  await t.throwsAsync(runLego(settings, ['a.example'], signal), {
    message: 'lego left no certificate',
  })
})

test.serial('more names than one certificate holds are refused with the way out', async (t) => {
  const names = Array.from({ length: 101 }, (_, index) => `n${index}.example`)
  await t.throwsAsync(runLego(settings, names, signal), {
    message: /^101 names are more than the 100 .*ACME_DNS_PROVIDER/,
  })
})

test.serial('where the authority has lost our account another one is registered', async (t) => {
  const { certificate, key } = await makePlaceholder(['a.example'], Date.now())
  writeFileSync(join(folder, 'made.crt'), certificate)
  writeFileSync(join(folder, 'made.key'), key)
  const account = join(settings.folder, 'accounts/acme.example/a@example.com')
  const certificates = join(settings.folder, 'certificates')
  mkdirSync(account, { recursive: true })
  const unknown = 'acme: error: 400 :: urn:ietf:params:acme:error:accountDoesNotExist :: no'
  pretend(`if [ -d ${account} ]; then echo '${unknown}' >&2; exit 1; fi
mkdir -p ${certificates}
cp ${folder}/made.crt ${certificates}/a.example.crt
cp ${folder}/made.key ${certificates}/a.example.key`)
  const pair = await runLego(settings, ['a.example'], signal)
  t.deepEqual(pair.names, ['a.example'])
  pretend(`echo '${unknown}' >&2; mkdir -p ${account}; exit 1`)
  await t.throwsAsync(runLego(settings, ['a.example'], signal), { message: /accountDoesNotExist/ })
  mkdirSync(account, { recursive: true })
  pretend("echo 'acme: error: 403 :: urn:ietf:params:acme:error:unauthorized' >&2; exit 1")
  await t.throwsAsync(runLego(settings, ['a.example'], signal), { message: /unauthorized/ })
  t.deepEqual(readdirSync(join(settings.folder, 'accounts')), ['acme.example'], 'for nothing else')
})

test.serial('it ends when we do', async (t) => {
  pretend('exec sleep 60')
  const ending = new AbortController()
  const running = runLego(settings, ['a.example'], ending.signal)
  ending.abort()
  await t.throwsAsync(running)
})
