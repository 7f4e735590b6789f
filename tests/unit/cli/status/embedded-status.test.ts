import test from 'ava'
import type { GatewayStatus } from '../../../../cli/instance/status.ts'
import { nextSteps, renderStatus } from '../../../../cli/status/embedded-status.ts'

const NOW = Date.parse('2026-11-29T00:00:00Z')
const SINCE = '2026-11-28T23:59:00.000Z'
const part = (name: string, state: 'ready' | 'backing off') => ({
  ...{ name, state, pid: 7, restarts: 0, since: SINCE, last_exit: null },
})
const WELL: GatewayStatus = {
  pid: 5,
  ready: true,
  since: SINCE,
  public_url: 'https://localhost:8642',
  envoy_admin_url: 'http://127.0.0.1:9901',
  state_directory: '/g/.gateway',
  versions: { gateway: '1' },
  configuration: {
    path: '/g/gateway.yaml',
    sha256: '',
    faults: [],
    changed: [],
    needs_restart: [],
    secrets_at_restart: [],
    restart_faults: [],
  },
  certificate: null,
  parts: [part('envoy', 'ready')],
  services: [{ name: 'echo', url: 'https://localhost:8642/echo/mcp' }],
  switched_off: ['chrome-devtools'],
  people: { providers: [{ name: 'dev', label: 'dev' }], may_in: null },
  cautions: ['The browser has no sandbox.'],
}

test('when all is well the next step is a client', (t) => {
  const text = renderStatus(WELL, { processes: [], checks: [] }, () => NOW).join('\n')
  t.regex(text, /^people: log in through dev; any name may in$/m)
  t.regex(text, /^The browser has no sandbox\.$/m)
  t.regex(text, /^off: chrome-devtools \(MCP_CHROME_DEVTOOLS_ENABLED=true in \.env/m)
  t.regex(
    text,
    /^→ Connect a client, for instance: claude mcp add .*https:\/\/localhost:8642\/echo/m,
  )
})

test('whatever is wrong comes with what to do, and then nothing else', (t) => {
  const { configuration } = WELL
  const stepsOf = (changes: Partial<GatewayStatus>): string[] =>
    nextSteps({ ...WELL, ...changes }, [], NOW)
  t.deepEqual(stepsOf({ parts: [part('envoy', 'backing off')] }), [
    'See why envoy does not serve: npm run gateway logs envoy',
  ])
  t.deepEqual(stepsOf({ configuration: { ...configuration, faults: ['x'] } }), [
    'Correct /g/gateway.yaml.',
  ])
  t.deepEqual(stepsOf({ configuration: { ...configuration, needs_restart: ['clients'] } }), [
    'Start again: npm run gateway stop, npm start.',
  ])
  t.deepEqual(
    stepsOf({
      configuration: { ...configuration, needs_restart: ['clients'], restart_faults: ['x'] },
    }),
    ['Correct what another start would refuse.'],
  )
  t.regex(stepsOf({ services: [] })[0] ?? '', /Switch a service on/)
})

test('what runs and does not answer is told with its words, once, and its log', (t) => {
  const check = (name: string, status: 'ok' | 'warning' | 'failing', detail: string) => ({
    ...{ name, status, detail, took_ms: 1 },
  })
  const status = { ...WELL, parts: [part('envoy', 'ready'), part('valkey', 'backing off')] }
  const checks = [
    check('envoy', 'ok', 'LIVE'),
    check('valkey', 'failing', 'backing off'),
    check('ext-authz-2', 'warning', 'no answer in time'),
    check('edge', 'failing', 'port 8642 answers 503'),
  ]
  const text = renderStatus(status, { processes: [], checks }, () => NOW).join('\n')
  t.true(
    text.includes(
      'Runs, and does not serve:\n  ext-authz-2: no answer in time\n  edge: port 8642 answers 503\n\n',
    ),
  )
  t.deepEqual(nextSteps(status, checks, NOW), [
    'See why valkey does not serve: npm run gateway logs valkey',
    'See why ext-authz-2 does not serve: npm run gateway logs ext-authz-2',
    'See why envoy does not serve: npm run gateway logs envoy',
  ])
})

test('a certificate that ends, or is none', (t) => {
  const certificate = {
    source: 'own',
    placeholder: false,
    names: ['a'],
    not_before: '2026-09-06T00:00:00.000Z',
    not_after: '2026-12-05T00:00:00.000Z',
    fault: null,
    next_attempt: null,
  } as const
  const step = (changes: Partial<NonNullable<GatewayStatus['certificate']>>): string =>
    nextSteps({ ...WELL, certificate: { ...certificate, ...changes } }, [], NOW).join()
  t.regex(step({}), /^Put a newer certificate/)
  t.is(
    step({ missing_names: ['b', 'c'] }),
    'Put a certificate that is for b, c as well in its place.',
  )
  t.regex(step({ not_before: '2026-11-30T00:00:00.000Z' }), /^Set the clock/)
  t.regex(step({ source: 'acme' }), /^See why the certificate is not renewed/)
  t.regex(step({ source: 'acme', placeholder: true }), /^Get a certificate/)
  // Those that live for a day are renewed in its course.
  t.regex(step({ not_before: SINCE, not_after: '2026-11-30T00:00:00.000Z' }), /^Connect a client/)
  t.regex(step({ not_after: '2027-02-01T00:00:00.000Z' }), /^Connect a client/)
})
