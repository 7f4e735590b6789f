import test from 'ava'
import { renderListener } from '../../../envoy/listener.ts'

interface Manager {
  readonly request_headers_timeout: string
  readonly request_timeout: string
  readonly stream_idle_timeout: string
  readonly http_filters: { readonly name: string; readonly disabled?: boolean }[]
}

function manager(): Manager {
  const options = { folder: '/nowhere', addresses: ['127.0.0.1'], port: 1, secure: false }
  const listener = renderListener(options) as {
    filter_chains: { filters: { typed_config: Manager }[] }[]
  }
  const found = listener.filter_chains[0]?.filters[0]?.typed_config
  if (found === undefined) throw new Error('no connection manager')
  return found
}

test('a request has to arrive in a bounded time, headers and body', (t) => {
  t.is(manager().request_headers_timeout, '10s')
  t.is(manager().request_timeout, '30s')
})

test('bodies are buffered only where a route asks for it: MCP messages stream', (t) => {
  const names = manager().http_filters.map(({ name }) => name)
  t.is(names.at(-1), 'envoy.filters.http.router')
  const buffer = manager().http_filters.find(({ name }) => name === 'envoy.filters.http.buffer')
  t.true(buffer?.disabled)
  t.true(
    names.indexOf('envoy.filters.http.ext_authz') < names.indexOf('envoy.filters.http.buffer'),
    'who is not let in fills no buffer',
  )
})
