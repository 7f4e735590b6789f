/** What each process tells Prometheus, as Prometheus reads it, and as docs, dashboard and alerts speak of it. */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import parse, { type Family } from 'parse-prometheus-text-format'
import { parse as parseYaml } from 'yaml'
import { runQuietly } from '../../cli/embedded/run-quietly.ts'
import { dashboardQueries } from '../../deploy/grafana/panels.ts'
import { strangeLabels } from '../support/figure-labels.ts'
import { freePort } from '../support/free-port.ts'
import { startGateway } from '../support/gateway.ts'
import { until } from '../support/gateway-process.ts'
import { needs } from '../support/needs.ts'
import { askTrusted } from '../support/tls-client.ts'
import { toolPath } from '../support/tool-path.ts'

const DEPLOY = join(import.meta.dirname, '../../deploy/prometheus')
const DOCS = readFileSync(join(import.meta.dirname, '../../docs/observability.md'), 'utf8')

interface Rule {
  readonly alert: string
  readonly expr: string
  readonly annotations: Readonly<Record<string, string>>
}
const { groups } = parseYaml(readFileSync(join(DEPLOY, 'alerts.yml'), 'utf8')) as {
  groups: readonly { readonly rules: readonly Rule[] }[]
}
const rules = groups.flatMap((group) => group.rules)
/** Of each alert and each panel. */
const queries = [...rules.map(({ expr }) => expr), ...dashboardQueries()]

// With TLS, so that there are certificates to tell of.
const gateway = await startGateway({ args: ['--tls'] })
const base = `http://127.0.0.1:${gateway.metricsPort}`
const ask = async (path: string): Promise<string> => {
  const response = await fetch(base + path)
  if (!response.ok) throw new Error(`${path}: ${response.status}`)
  return await response.text()
}
// Envoy tells of its rate limit once a request has met it.
const authority = readFileSync(join(gateway.folder, '.gateway/certs/authority/ca.pem'))
const peer = { port: gateway.port, servername: 'localhost' }
await askTrusted(peer, '/authorize', authority, `localhost:${gateway.port}`)

interface Target {
  readonly targets: readonly string[]
  readonly labels: Readonly<Record<'__metrics_path__' | 'room' | 'process', string>>
}
const targets = JSON.parse(await ask('/metrics/targets')) as readonly Target[]
const pages = new Map<string, string>()
for (const { labels } of targets) pages.set(labels.process, await ask(labels.__metrics_path__))
const familiesOf = (process: string): readonly Family[] => parse(pages.get(process) ?? '')
const ours = [...pages.keys()].filter((process) => process !== 'envoy')
test.after.always(() => gateway.remove())

test('each process has a page, and one address tells of them', (t) => {
  t.deepEqual(
    [...pages.keys()],
    ['envoy', 'ext-authz-1', 'oauth-server-1', 'mcp-bridge-1', 'certs', 'supervisor'],
  )
})

/** Suffixes of what is no counter and has no unit but a count. */
const UNITS = /_(?:seconds|bytes|total|fds|info)$/
const PLAIN = new Set([
  ...['revocations', 'verified_tokens', 'store_connected', 'grants', 'people', 'sessions'],
  ...['service_processes', 'process_sessions', 'place_waiting', 'remote_reachable'],
  ...['certificate_placeholder', 'certificate_failing'],
  ...['ready', 'part_ready', 'configuration_faults'],
])
for (const process of ours) {
  test(`${process}: names, types and labels as Prometheus wants them, and nobody named`, (t) => {
    const families = familiesOf(process)
    t.true(families.length > 4)
    for (const family of families) {
      const { name, help, type } = family
      t.regex(name, /^(?:mcp_gateway|process)_[a-z0-9_]+$/)
      t.regex(help, /^[A-Z].+\.$/, name)
      t.is(name.endsWith('_total'), type === 'COUNTER', name)
      const plain = name.replace(/^mcp_gateway_/, '')
      t.true(UNITS.test(name) || PLAIN.has(plain), `${name} has no unit`)
      t.deepEqual(strangeLabels(family), [], name)
    }
    t.true(families.some(({ name }) => name === 'process_resident_memory_bytes'))
  })
}

const told = new Set(ours.flatMap((process) => familiesOf(process).map(({ name }) => name)))

test('the page in docs names every figure, and no other', (t) => {
  const named = [...DOCS.matchAll(/^\| `((?:mcp_gateway|process)_\w+)` \|/gm)].map(
    ([, name]) => name,
  )
  t.deepEqual(named.toSorted(), [...told].toSorted())
})

test('each figure of the dashboard and of the alerts is there', (t) => {
  const envoys = new Set(familiesOf('envoy').map(({ name }) => name))
  const asked = queries.flatMap(
    (query) => query.match(/\b(?:mcp_gateway|process|envoy)_\w+/g) ?? [],
  )
  // Labels of Envoy's look like figures.
  const names = asked.filter(
    (name) => !/^envoy_(?:http_conn_manager_prefix|response_code_class|cluster_name)$/.test(name),
  )
  t.true(names.length > 50)
  const missing = names.filter((name) => {
    const plain = name.replace(/_bucket$/, '')
    return !told.has(plain) && !envoys.has(name)
  })
  t.deepEqual(missing, [])
})

test('each alert has its lines in docs', (t) => {
  const headings = [...DOCS.matchAll(/^### (McpGateway\w+)$/gm)].map(([, name]) => name)
  t.deepEqual(headings.toSorted(), rules.map(({ alert }) => alert).toSorted())
  for (const { alert, annotations } of rules) {
    t.is(annotations['runbook'], `docs/observability.md#${alert.toLowerCase()}`)
  }
})

test('a gateway that has just started tells of no fault', (t) => {
  const value = (process: string, name: string): number =>
    Number(familiesOf(process).find((family) => family.name === name)?.metrics[0]?.value)
  t.is(value('supervisor', 'mcp_gateway_ready'), 1)
  t.is(value('oauth-server-1', 'mcp_gateway_store_connected'), 1)
  t.true(value('ext-authz-1', 'mcp_gateway_revocation_staleness_seconds') < 2)
  t.true(value('oauth-server-1', 'mcp_gateway_signing_key_age_seconds') < 600)
  const end = value('certs', 'mcp_gateway_certificate_not_after_timestamp_seconds')
  t.true(end > Date.now() / 1000 + 14 * 86_400)
})

const promtool = (...args: string[]) =>
  runQuietly([toolPath('promtool') ?? '', ...args], process.env, { timeoutMs: 60_000 })

needs('promtool')('promtool: the rules are well formed and do what they say', async (t) => {
  t.regex((await promtool('check', 'config', join(DEPLOY, 'prometheus.yml'))).stdout, /SUCCESS/)
  const { exitCode, stdout, stderr } = await promtool(
    'test',
    'rules',
    join(DEPLOY, 'alerts.test.yml'),
  )
  t.is(exitCode, 0, stdout + stderr)
  const tried = readFileSync(join(DEPLOY, 'alerts.test.yml'), 'utf8')
  for (const { alert } of rules) t.true(tried.includes(`alertname: ${alert}\n`), alert)
})

needs('prometheus')('Prometheus finds every process and understands every query', async (t) => {
  const folder = join(gateway.folder, 'prometheus')
  mkdirSync(folder)
  const config = readFileSync(join(DEPLOY, 'prometheus.yml'), 'utf8')
    .replace('127.0.0.1:9464', `127.0.0.1:${gateway.metricsPort}`)
    .replaceAll('15s', '5s')
    .replace('rule_files: [alerts.yml]', `rule_files: [${join(DEPLOY, 'alerts.yml')}]`)
  writeFileSync(join(folder, 'prometheus.yml'), config)
  const port = await freePort()
  const server: ChildProcess = spawn(
    toolPath('prometheus') ?? '',
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  )
  t.teardown(() => server.kill('SIGKILL'))
  const query = async (text: string): Promise<{ status: string; data?: { result: unknown[] } }> => {
    const asked = new URLSearchParams({ query: text.replaceAll('$__rate_interval', '1m') })
    const response = await fetch(`http://127.0.0.1:${port}/api/v1/query?${asked}`)
    return (await response.json()) as Awaited<ReturnType<typeof query>>
  }
  const countUp = async (): Promise<number> => {
    const { data } = await query('up{job="mcp-gateway"} == 1').catch(() => ({ data: undefined }))
    return data?.result.length ?? 0
  }
  await until(async () => (await countUp()) === targets.length, 60_000)
  for (const text of queries) t.is((await query(text)).status, 'success', text)
  for (const text of ['mcp_gateway_ready{room="supervisor"}', 'envoy_server_live']) {
    // A slow machine may miss a scrape.
    await until(async () => (await query(text)).data?.result.length === 1, 60_000)
  }
  t.pass()
})
