import test from 'ava'
import { checkCertificate, judgeFreshness } from '../../../../cli/health/dependencies.ts'
import { renderHealth, timed, toReport } from '../../../../cli/health/health-report.ts'

const NOW = Date.parse('2026-11-29T00:00:00Z')
const CERTIFICATE = {
  source: 'acme',
  placeholder: false,
  names: ['auth.example.com'],
  not_before: '2026-10-01T00:00:00.000Z',
  not_after: '2026-12-31T00:00:00.000Z',
  fault: null,
  next_attempt: null,
} as const

test('how fresh the edge is: the bound is two seconds', (t) => {
  const figures = (seconds: string) =>
    `# TYPE x gauge\nmcp_gateway_revocation_staleness_seconds ${seconds}\n`
  t.is(judgeFreshness(figures('0.2')).status, 'ok')
  t.is(judgeFreshness(figures('2.001')).status, 'failing')
  t.is(judgeFreshness(figures('1.5e+3')).status, 'failing')
  t.is(judgeFreshness('').status, 'failing')
})

test('a certificate: near its end is a warning, its end and a placeholder fail', (t) => {
  t.is(checkCertificate(CERTIFICATE, 14, NOW).status, 'ok')
  t.is(checkCertificate(CERTIFICATE, 60, NOW).status, 'warning')
  t.is(checkCertificate({ ...CERTIFICATE, fault: 'no answer' }, 14, NOW).status, 'warning')
  t.is(checkCertificate(CERTIFICATE, 14, Date.parse('2027-01-01')).status, 'failing')
  t.is(checkCertificate({ ...CERTIFICATE, placeholder: true }, 14, NOW).status, 'failing')
})

test('what is thrown is an answer, and one failing check is enough', async (t) => {
  const refused = await timed('store', () =>
    Promise.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })),
  )
  t.like(refused, { name: 'store', status: 'failing', detail: 'does not answer' })
  const fine = await timed('envoy', async () => ({ status: 'ok', detail: 'LIVE' }))
  t.false(toReport('embedded', [fine, refused]).ready)
  t.true(toReport('embedded', [fine]).ready)
  t.false(toReport('compose', []).ready, 'nothing was asked')
  t.regex(renderHealth(toReport('embedded', [refused])).join('\n'), /^not ready \(embedded\)\n/)
})
