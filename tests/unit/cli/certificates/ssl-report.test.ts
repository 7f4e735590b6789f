import { X509Certificate } from 'node:crypto'
import { tmpdir } from 'node:os'
import test from 'ava'
import { toFacts, toSerial } from '../../../../cli/certificates/facts.ts'
import { readLoaded } from '../../../../cli/certificates/loaded.ts'
import { renderSsl } from '../../../../cli/certificates/render-ssl.ts'
import { type SslFacts, toSslReport } from '../../../../cli/certificates/ssl-report.ts'
import { createAuthority } from '../../../support/certificates.ts'
import { createGatewayCommand } from '../../../support/gateway-command.ts'

const authority = createAuthority()
const mine = authority.issue(['localhost']).cert.toString()
const other = authority.issue(['localhost']).cert.toString()
test.after.always(() => authority.remove())

const handshake = (pem: string, fault: string | null = null) => ({
  chain: [new X509Certificate(pem)],
  protocol: 'TLSv1.3',
  fault,
})
const status = {
  source: 'own',
  placeholder: false,
  names: ['localhost'],
  not_before: '',
  not_after: '',
  fault: null,
  next_attempt: null,
} as const

const facts = (changes: Partial<SslFacts> = {}): SslFacts => ({
  status,
  files: { folder: '/f', chain: mine, keyMatches: true },
  loaded: [{ serial: toFacts(new X509Certificate(mine), 0).serial, not_after: '' }],
  served: [{ name: 'localhost', port: 1, handshake: handshake(mine) }],
  faults: [],
  days: 0,
  now: Date.now(),
  ...changes,
})

test('a good one has no problems, and people are told of everything', (t) => {
  const report = toSslReport(facts())
  t.deepEqual(report.problems, [])
  t.true(report.ok)
  const lines = renderSsl(report).join('\n')
  for (const words of [
    'names     localhost',
    'issuer    CN=Tests',
    'renewal   by you',
    'as the files',
  ]) {
    t.true(lines.includes(words), words)
  }
})

const problems = (changes: Partial<SslFacts>): string =>
  toSslReport(facts(changes)).problems.join('; ')

test('each problem is named', (t) => {
  const served = (pem: string, fault: string | null = null) => [
    { name: 'localhost', port: 1, handshake: handshake(pem, fault) },
  ]
  t.regex(problems({ served: served(other) }), /another certificate is served than the files hold/)
  t.regex(problems({ served: served(mine, 'CERT_HAS_EXPIRED') }), /has expired/)
  t.regex(problems({ days: 30 }), /it ends in \d+ days/)
  t.regex(problems({ loaded: [] }), /Envoy has not loaded/)
  t.regex(
    problems({ files: { folder: '/f', chain: mine, keyMatches: false } }),
    /do not belong together/,
  )
  t.regex(
    problems({ files: { folder: '/f', chain: '', keyMatches: null } }),
    /holds no certificate/,
  )
  t.regex(
    problems({ files: { folder: '/f', chain: mine + other, keyMatches: true } }),
    /sign each other/,
  )
  t.regex(
    problems({ status: { ...status, placeholder: true, fault: 'dns' } }),
    /placeholder.*no newer one: dns/,
  )
  const refused = Object.assign(new Error('x'), { code: 'ECONNREFUSED' })
  t.regex(
    problems({ served: [{ name: 'a', port: 1, handshake: refused }] }),
    /a: nobody listens there/,
  )
})

test('a chain that fits', (t) => {
  const chain = mine + authority.cert.toString()
  t.is(problems({ files: { folder: '/f', chain, keyMatches: true } }), '')
})

test('serials are compared as numbers, and Envoy tells of each certificate once', (t) => {
  t.is(toSerial('00:0a:Bc'), 'ABC')
  t.is(toSerial('0'), '0')
  const one = { serial_number: '0abc', expiration_time: '2027-02-27T09:33:30Z' }
  const page = { certificates: [{ ca_cert: [], cert_chain: [one] }, { cert_chain: [one] }, {}] }
  t.deepEqual(readLoaded(JSON.stringify(page)), [
    { serial: 'ABC', not_after: '2027-02-27T09:33:30.000Z' },
  ])
  t.throws(() => readLoaded('{}'))
})

test('Envoy that does not answer is a problem, and the files are told of all the same', (t) => {
  const report = toSslReport(facts({ loaded: undefined, served: [], faults: ['Envoy is silent'] }))
  t.deepEqual(report.problems, ['Envoy is silent'])
  t.regex(renderSsl(report).join('\n'), /names {5}localhost[\s\S]*✗ Envoy is silent/)
})

test('of a server elsewhere nobody is sent to this gateway’s own certificates', async (t) => {
  const { exitCode, stderr } = await createGatewayCommand(tmpdir())(['ssl', 'https://127.0.0.1:1'])
  t.is(exitCode, 1)
  t.regex(
    stderr,
    /^The certificate needs attention\.\n→ .*whoever serves https:\/\/127\.0\.0\.1:1 /,
  )
})
