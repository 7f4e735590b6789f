import test from 'ava'
import { parseFigures } from '../../../../cli/status/certificate-figures.ts'
import { parseContainers } from '../../../../cli/status/compose-ps.ts'
import {
  composeSteps,
  isUp,
  renderComposeStatus,
  toComposeStatus,
} from '../../../../cli/status/compose-status.ts'
import { readYaml } from '../../../support/configuration.ts'

/** As Docker Compose 2.40.3 printed it, without labels and members that nobody reads. */
const PRINTED = `
{"Command":"\\"docker-entrypoint.s…\\"","CreatedAt":"2026-11-29 05:34:18 +0000 UTC","ExitCode":0,"Health":"unhealthy","ID":"9f401a821b26","Image":"gw-mcp-bridge","Labels":"com.docker.compose.oneoff=False,com.docker.compose.service=mcp-bridge","Name":"gw-mcp-bridge-1","Service":"mcp-bridge","State":"running","Status":"Up 4 seconds (unhealthy)"}
{"Command":"\\"sh -c 'exit 3'\\"","ExitCode":3,"Health":"","Image":"gw-certs","Name":"gw-certs-1","Publishers":[],"Service":"certs","State":"exited","Status":"Exited (3) 4 seconds ago"}
{"ExitCode":0,"Health":"","Image":"gw-envoy","Ports":"127.0.0.1:21999-\\u003e6379/tcp","Publishers":[{"URL":"127.0.0.1","TargetPort":6379,"PublishedPort":21999,"Protocol":"tcp"}],"Service":"envoy","State":"running","Status":"Up 4 seconds"}
{"ExitCode":0,"Health":"","Image":"gw-cli","Service":"secrets","State":"exited","Status":"Exited (0) 4 seconds ago"}
{"ExitCode":0,"Health":"","Image":"gw-cli","Labels":"com.docker.compose.oneoff=True","Service":"setup","State":"running","Status":"Up 1 second"}
{"ExitCode":0,"Health":"starting","Image":"gw-echo","Service":"echo","State":"running","Status":"Up 4 seconds (health: starting)"}
{"ExitCode":0,"Health":"healthy","Image":"gw-valkey","Service":"valkey","State":"running","Status":"Up 4 seconds (healthy)"}
`
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

test('what Docker Compose prints is judged; what was run by hand is no part', (t) => {
  const containers = parseContainers(PRINTED)
  t.deepEqual(
    containers.map(({ name, verdict }) => [name, verdict]),
    [
      ['mcp-bridge', 'failing'],
      ['certs', 'failing'],
      ['envoy', 'serving'],
      ['secrets', 'done'],
      ['echo', 'starting'],
      ['valkey', 'serving'],
    ],
  )
  const asList = `[${PRINTED.trim().split('\n').join(',')}]`
  t.deepEqual(parseContainers(asList), containers)
  t.deepEqual(parseContainers(' \n'), [])
  t.throws(() => parseContainers('no such command'), { instanceOf: RangeError })
})

test('whoever ended is missed, except those that end by themselves', (t) => {
  const line = (service: string): string =>
    JSON.stringify({ Service: service, State: 'exited', ExitCode: 0, Status: 'Exited (0)' })
  t.is(parseContainers(line('oauth-server'))[0]?.verdict, 'failing')
  t.is(parseContainers(line('secrets'))[0]?.verdict, 'done')
  t.is(
    parseContainers(JSON.stringify({ Service: 'a', State: 'restarting' }))[0]?.verdict,
    'failing',
  )
})

const ACCESS = 'access: { users: ["github:octocat"] }\n'
const SITE = {
  BASE_DOMAIN: 'example.com',
  GITHUB_CLIENT_ID: 'id',
  MCP_MEMORY_ENABLED: 'false',
}
const gateway = readYaml(
  `${ACCESS}mcpServers: { mine: { command: mine }, far: { url: "https://mcp.example.org/mcp" } }`,
  SITE,
)
const SWITCHED_OFF = {
  ...SITE,
  MCP_EVERYTHING_ENABLED: 'false',
  MCP_FILESYSTEM_ENABLED: 'false',
  MCP_SEQUENTIALTHINKING_ENABLED: 'false',
  MCP_FETCHS_ENABLED: 'false',
}

test('one screen: what fails first, what is missing, which services, until when, for whom, what to do', (t) => {
  const status = toComposeStatus({
    containers: parseContainers(PRINTED),
    expected: ['envoy', 'oauth-server', 'secrets'],
    gateway,
    faults: [],
    certificate: CERTIFICATE,
  })
  t.false(status.ready)
  t.deepEqual(
    status.parts.slice(0, 3).map(({ name }) => name),
    ['mcp-bridge', 'certs', 'oauth-server'],
  )
  const text = renderComposeStatus(status, NOW).join('\n')
  for (const expected of [
    /^https:\/\/auth\.example\.com \(in containers\)$/m,
    /valid until 2026-12-31T00:00:00\.000Z \(32 days left\)/,
    /^people: log in through GitHub; may in: github:octocat$/m,
    /^certs +failing +Exited \(3\)/m,
    /^oauth-server +failing +absent$/m,
    /^echo +starting +Up 4 seconds \(health: starting\) +https:\/\/echo\.example\.com\/mcp$/m,
    /^everything +absent /m,
    /^mine +absent /m,
    /^far +elsewhere /m,
    /^off: .*memory/m,
    /^→ Start what is not there: docker compose up -d$/m,
    /^→ See why mcp-bridge fails: docker compose logs --tail 50 mcp-bridge$/m,
  ]) {
    t.regex(text, expected)
  }
})

test('when all is well the next step is a client', (t) => {
  const containers = parseContainers(PRINTED).filter(({ verdict }) => verdict === 'serving')
  const facts = {
    containers: [
      ...containers,
      { name: 'echo', verdict: 'serving' as const, status: 'Up', image: 'gw' },
    ],
    expected: undefined,
    gateway: readYaml(ACCESS, { ...SWITCHED_OFF, MCP_ECHO_ENABLED: 'true' }),
    faults: [],
    certificate: CERTIFICATE,
  }
  const status = toComposeStatus(facts)
  t.true(status.ready)
  t.regex(composeSteps(status, NOW).join(), /^Connect a client, for instance: claude mcp add/)
  const alone = toComposeStatus({ ...facts, containers })
  t.false(alone.ready, 'echo has no container')
  t.is(composeSteps(alone, NOW)[0], 'Start what is not there: docker compose up -d')
  const soon = toComposeStatus({
    ...facts,
    certificate: { ...CERTIFICATE, not_after: '2026-12-02T00:00:00.000Z' },
  })
  t.regex(composeSteps(soon, NOW).join(), /not renewed: docker compose logs --tail 50 certs/)
})

test('a service of an image is in the container of its name', (t) => {
  const image = { command: 'serve', runner: '/run/runners/tools/runner.sock' }
  const facts = {
    containers: [
      { name: 'tools', verdict: 'serving' as const, status: 'Up', image: 'gw-tools' },
      { name: 'own', verdict: 'failing' as const, status: 'Exited (1)', image: 'gw-own' },
    ],
    expected: undefined,
    gateway: readYaml(
      `${ACCESS}mcpServers: { tools: ${JSON.stringify(image)}, mine: { command: mine } }`,
      { ...SWITCHED_OFF, MCP_ECHO_ENABLED: 'false' },
    ),
    faults: [],
    certificate: null,
  }
  t.deepEqual(
    toComposeStatus(facts).services.map(({ name, verdict }) => [name, verdict]),
    [
      ['tools', 'serving'],
      ['mine', 'failing'],
    ],
  )
})

test('a configuration at fault is told', (t) => {
  const facts = { containers: [], expected: undefined, gateway: undefined, certificate: null }
  const status = toComposeStatus({ ...facts, faults: ['BASE_DOMAIN must be …'] })
  t.false(status.ready)
  t.regex(renderComposeStatus(status, NOW).join('\n'), /BASE_DOMAIN must be …\n/)
  t.is(composeSteps(status, NOW)[0], 'Correct .env or gateway.yaml, then: docker compose up -d')
})

test('the certificate by its figures', (t) => {
  const figures = [
    '# HELP mcp_gateway_certificate_not_after_timestamp_seconds When it ends.',
    '# TYPE mcp_gateway_certificate_not_after_timestamp_seconds gauge',
    'mcp_gateway_certificate_not_after_timestamp_seconds 1798675200',
    'mcp_gateway_certificate_not_before_timestamp_seconds 1790899200',
    'mcp_gateway_certificate_placeholder 0',
    'mcp_gateway_certificate_failing 1',
  ].join('\n')
  t.like(parseFigures(figures, 'acme', 'auth.example.com'), {
    placeholder: false,
    not_before: '2026-10-02T00:00:00.000Z',
    not_after: '2026-12-31T00:00:00.000Z',
    names: ['auth.example.com'],
    fault: 'the last try failed',
  })
  t.is(parseFigures('nothing', 'acme', 'auth.example.com'), null)
})

test('it is up while any container that is to stay up is, and not by one that ended', (t) => {
  const upWith = (...verdicts: readonly ('serving' | 'starting' | 'done' | 'failing')[]) =>
    isUp({ parts: verdicts.map((verdict) => ({ name: '', verdict, status: '', image: null })) })
  t.true(upWith('failing', 'serving'))
  t.true(upWith('starting'))
  t.false(upWith('done', 'failing'))
  t.false(upWith())
})
