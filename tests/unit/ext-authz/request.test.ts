import test from 'ava'
import { parseCheckRequest } from '../../../ext-authz/request.ts'
import type { AttributeContext_HttpRequest } from '../../../proto/gen/envoy/service/auth/v3/attribute_context.ts'
import { CheckRequest } from '../../../proto/gen/envoy/service/auth/v3/external_auth.ts'

const HTTP: AttributeContext_HttpRequest = {
  method: 'POST',
  path: '/echo/mcp?secret=1',
  host: '',
  scheme: '',
  headers: {},
  headerMap: undefined,
}

function parse(http: Partial<AttributeContext_HttpRequest>) {
  const request = { http: { ...HTTP, ...http } }
  const attributes = { request, contextExtensions: { service: 'echo' } }
  return parseCheckRequest(Buffer.from(CheckRequest.encode({ attributes }).finish()))
}

const field = (key: string, value: string) => ({ key, value: '', rawValue: Buffer.from(value) })

test('reads headers as our filter sends them, each value apart', (t) => {
  const headers = [field('authorization', 'Bearer a'), field('authorization', 'Bearer b')]
  t.deepEqual(parse({ headerMap: { headers: [...headers, field('x-request-id', 'r')] } }), {
    input: { service: 'echo', authorization: ['Bearer a', 'Bearer b'], origin: [] },
    requestId: 'r',
    method: 'POST',
    path: '/echo/mcp',
  })
})

test('reads headers as Envoy sends them usually, whatever the case of their names', (t) => {
  const { input, requestId } = parse({
    headers: { Authorization: 'Bearer a', origin: 'https://page.example', 'X-Request-Id': 'r' },
  })
  t.deepEqual(input, {
    service: 'echo',
    authorization: ['Bearer a'],
    origin: ['https://page.example'],
  })
  t.is(requestId, 'r')
})

test('where both forms are, only the one of our filter counts', (t) => {
  const both = {
    headerMap: { headers: [field('origin', 'https://page.example')] },
    headers: { authorization: 'Bearer a', origin: 'https://other.example' },
  }
  t.deepEqual(parse(both).input, {
    service: 'echo',
    authorization: [],
    origin: ['https://page.example'],
  })
})

test('of what a stranger writes no more is kept for the log than Envoy keeps', (t) => {
  const { method, path } = parse({ method: 'M'.repeat(30_000), path: `/${'p'.repeat(30_000)}?q` })
  t.deepEqual([method, path], ['M'.repeat(32), `/${'p'.repeat(511)}`])
})

test('a question without a request has no headers', (t) => {
  t.deepEqual(parseCheckRequest(Buffer.alloc(0)).input, {
    service: undefined,
    authorization: [],
    origin: [],
  })
})
