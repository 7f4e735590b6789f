import { lstatSync } from 'node:fs'
import { request } from 'node:http'
import test from 'ava'
import { EDGE_SECRET, startEdge } from '../../support/edge.ts'
import { rawRequest } from '../../support/raw-request.ts'

const edge = await startEdge()
test.after.always(() => edge.stop())

function ask(path: string, more: { method?: string; headers?: string[] } = {}) {
  return rawRequest({
    ...{ port: edge.adminPort, method: 'GET', path },
    ...more,
  })
}

test('what Envoy knows of itself can be looked at', async (t) => {
  const dashboard = await ask('/')
  t.is(dashboard.status, 200)
  t.regex(String(dashboard.headers['content-type']), /^text\/html/)
  t.regex(dashboard.body, /<html/i)
  t.regex((await ask('/clusters')).body, /^ext_authz::/m)
  t.regex((await ask('/stats?filter=ext_authz')).body, /ext_authz/)
  t.regex((await ask('/listeners')).body, /^public::/m)
  t.regex((await ask('/server_info')).body, /"state": "LIVE"/)
  t.is((await ask('/ready')).body.trim(), 'LIVE')
})

test('a page of another site that sends a form changes nothing', async (t) => {
  for (const path of [
    '/quitquitquit',
    '/drain_listeners',
    '/logging?level=trace',
    '/reset_counters',
    '/runtime_modify?x=1',
    '/healthcheck/fail',
    '/',
    '/ready/../quitquitquit',
  ]) {
    for (const method of ['POST', 'GET', 'PUT']) {
      if (method === 'GET' && path === '/') continue
      const { status } = await ask(path, { method })
      t.is(status, 403, `${method} ${path}`)
    }
  }
  t.is((await ask('/ready')).status, 200)
})

test('a page of another site that points its name here reads nothing', async (t) => {
  const headers = ['Host', `evil.example:${edge.adminPort}`]
  t.is((await ask('/clusters', { headers })).status, 421)
})

test('no page shows the edge’s secret', async (t) => {
  for (const path of [
    ...['/', '/server_info', '/stats', '/init_dump', '/clusters', '/runtime'],
    ...['/config_dump', '/config_dump?resource=dynamic_route_configs', '/config_dump?include_eds'],
  ]) {
    const { status, body } = await ask(path)
    t.is(status, 200, path)
    t.false(body.includes(EDGE_SECRET), path)
  }
})

test('the socket on which Envoy is administered is the owner’s alone', async (t) => {
  const { mode } = lstatSync(edge.adminSocket)
  t.true(lstatSync(edge.adminSocket).isSocket())
  t.is(mode & 0o777, 0o600)
  const status = await new Promise((resolve, reject) => {
    request({ socketPath: edge.adminSocket, path: '/ready', headers: { host: 'localhost' } })
      .on('response', (answer) => resolve(answer.statusCode))
      .on('error', reject)
      .end()
  })
  t.is(status, 200)
})
