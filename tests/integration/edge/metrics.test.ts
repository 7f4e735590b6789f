import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { listenOnSocket } from '../../../lib/platform/unix-socket.ts'
import { startEdge } from '../../support/edge.ts'
import { rawRequest } from '../../support/raw-request.ts'

const folder = mkdtempSync(join(tmpdir(), 'metrics-'))
const sockets = ['1', '2'].map((number) => join(folder, `${number}.sock`))
/** Two processes that say which they are, and what they were asked for. */
const processes = sockets.map((_, index) =>
  createServer((request, response) =>
    response.end(`${index + 1} ${request.method} ${request.url}`),
  ),
)
await Promise.all(processes.map((server, index) => listenOnSocket(server, sockets[index] ?? '')))
const edge = await startEdge({ EXT_AUTHZ_ADMIN_SOCKETS: sockets.join(',') })
test.after.always(async () => {
  for (const server of processes) server.close()
  await edge.stop()
  rmSync(folder, { recursive: true, force: true })
})

function ask(path: string, host = `localhost:${edge.metricsPort}`, method = 'GET') {
  return rawRequest({ port: edge.metricsPort, method, path, headers: ['Host', host] })
}

test('Prometheus reads Envoy’s figures and those of each ext-authz process', async (t) => {
  const envoy = await ask('/metrics/envoy')
  t.is(envoy.status, 200)
  t.regex(envoy.body, /^# TYPE envoy_/m)
  t.is((await ask('/metrics/ext-authz-1')).body, '1 GET /metrics')
  t.is((await ask('/metrics/ext-authz-2')).body, '2 GET /metrics')
})

test('one address tells Prometheus of every page, and each page is there', async (t) => {
  const { status, body, headers } = await ask('/metrics/targets')
  t.is(status, 200)
  t.is(headers['content-type'], 'application/json')
  const found = JSON.parse(body) as { targets: string[]; labels: Record<string, string> }[]
  t.deepEqual(
    found.map(({ labels }) => labels['process']),
    ['envoy', 'ext-authz-1', 'ext-authz-2'],
  )
  for (const { targets, labels } of found) {
    t.deepEqual(targets, [`127.0.0.1:${edge.metricsPort}`])
    t.is((await ask(labels['__metrics_path__'] ?? '')).status, 200, labels['process'])
  }
})

test('nothing else is there, and nothing can be done', async (t) => {
  for (const path of [
    '/',
    '/metrics',
    '/metrics/',
    '/metrics/envoy/',
    '/metrics/envoy/../../quitquitquit',
    '/metrics/envoy%2f..%2f..%2fquitquitquit',
    '/metrics/ext-authz-3',
    '/stats/prometheus',
    '/config_dump',
    '/explain',
  ]) {
    t.true([400, 404].includes((await ask(path)).status), path)
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'HEAD']) {
    t.is((await ask('/metrics/envoy', 'localhost', method)).status, 404, method)
    t.is((await ask('/metrics/ext-authz-1', 'localhost', method)).status, 404, method)
  }
})

test('a web page that points its name at this machine reads nothing', async (t) => {
  for (const host of [
    'evil.example',
    `evil.example:${edge.metricsPort}`,
    '127.0.0.1.evil.example',
  ]) {
    t.is((await ask('/metrics/envoy', host)).status, 421, host)
  }
  for (const host of ['localhost', `127.0.0.1:${edge.metricsPort}`, '[::1]:1']) {
    t.is((await ask('/metrics/envoy', host)).status, 200, host)
  }
})
