import { once } from 'node:events'
import { request } from 'node:http'
import test from 'ava'
import { type Reached, startEdge } from '../support/edge.ts'
import {
  askByFrames,
  connectFrames,
  END_HEADERS,
  END_STREAM,
  FRAME,
  frame,
  type Header,
  headerBlock,
  requestFrame,
} from '../support/http2-frames.ts'
import { rawRequest } from '../support/raw-request.ts'
import { requestText, sendBytes } from '../support/raw-socket.ts'
import { verifiesAlone } from '../support/verifies.ts'

const edge = await startEdge()
const token = await edge.mint({ sub: 'dev:alice' })
test.after.always(() => edge.stop())

const { port } = edge
const HOST = `localhost:${port}`
const START = ['POST /echo/mcp HTTP/1.1', `Host: ${HOST}`, `Authorization: Bearer ${token}`]
const PSEUDO: Header[] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':authority', HOST],
  [':path', '/echo/mcp'],
]
const BEARER: Header = ['authorization', `Bearer ${token}`]

async function newlyReached(body: () => Promise<unknown>): Promise<readonly Reached[]> {
  const before = edge.reached.length
  await body()
  return edge.reached.slice(before)
}

function toHeader(line: string): Header {
  const [name = '', value = ''] = line.split(': ')
  return [name.toLowerCase(), value]
}

function valuesOf({ rawHeaders }: Reached, name: string): string[] {
  return rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name,
  )
}

verifiesAlone('edge-identity-repeated', async (t) => {
  const names = ['X-User-Id', 'x-user-id', 'X-USER-ID', 'X-Auth-Scopes', 'x-AUTH-grant']
  for (const name of names) {
    for (const times of [1, 2, 3]) {
      const forged = Array.from({ length: times }, (_, index) => `${name}: admin${index}, root`)
      const lower = forged.map((line): Header => [name.toLowerCase(), line.slice(name.length + 2)])
      const close = 'Connection: close'
      const [http1, http2, ...others] = await newlyReached(async () => {
        t.is((await sendBytes(port, requestText(...START, ...forged, close))).status, 200)
        t.is(await askByFrames(port, [...PSEUDO, BEARER, ...lower]), 200)
      })
      t.deepEqual(others, [])
      for (const seen of [http1, http2]) {
        if (seen === undefined) return t.fail('it did not arrive')
        t.deepEqual(valuesOf(seen, 'x-user-id'), ['dev:alice'])
        t.deepEqual(valuesOf(seen, 'x-auth-scopes'), ['mcp'])
        t.is(valuesOf(seen, 'x-auth-grant').length, 1)
        t.false(
          seen.rawHeaders.some((text) => /admin|root/.test(text)),
          `${name} ${times}`,
        )
      }
    }
  }
})

/** Nothing is wrong with these, but that somebody might take a part for a header. */
const ARRIVES = ['trailers', 'chunk extensions']

verifiesAlone('edge-identity-smuggled', async (t) => {
  const chunked = [...START, 'TE: trailers', 'Transfer-Encoding: chunked']
  const trailers = 'X-User-Id: admin\r\nX-Auth-Scopes: all\r\nX-Other: admin\r\n\r\n'
  const rows: Record<string, string> = {
    trailers: `${requestText(...chunked, 'Trailer: X-User-Id')}2\r\n{}\r\n0\r\n${trailers}`,
    'chunk extensions': `${requestText(...chunked)}2;X-User-Id=admin;x="\\r\\nX-User-Id: admin"\r\n{}\r\n0\r\n\r\n`,
    'a folded line': requestText(...START, 'X-Other: a', ' X-User-Id: admin', 'Connection: close'),
    'a line feed alone': requestText(...START, 'X-Other: a\nX-User-Id: admin', 'Connection: close'),
    'a carriage return alone': requestText(...START, 'X-Other: a\rX-User-Id: admin'),
  }
  for (const [name, bytes] of Object.entries(rows)) {
    const reached = await newlyReached(() => sendBytes(port, bytes))
    t.true(reached.length <= 1, name)
    if (ARRIVES.includes(name)) t.is(reached.length, 1, name)
    for (const seen of reached) {
      t.deepEqual(valuesOf(seen, 'x-user-id'), ['dev:alice'], name)
      t.deepEqual(seen.rawTrailers, [], name)
    }
  }
  const connection = connectFrames(port)
  const [seen, ...others] = await newlyReached(async () => {
    connection.write(
      frame(FRAME.headers, END_HEADERS, 1, headerBlock([...PSEUDO, BEARER, ['te', 'trailers']])),
      frame(FRAME.data, 0, 1, Buffer.from('{}')),
      frame(FRAME.headers, END_HEADERS + END_STREAM, 1, headerBlock([['x-user-id', 'admin']])),
    )
    await connection.heard()
  })
  t.deepEqual(others, [])
  if (seen === undefined) return t.fail('it did not arrive')
  t.deepEqual(valuesOf(seen, 'x-user-id'), ['dev:alice'])
  t.deepEqual(seen.rawTrailers, [])
})

verifiesAlone('edge-header-names', async (t) => {
  const lines = [
    'X_User_Id: admin',
    'X-User_Id: admin',
    'X-User-Id : admin',
    ' X-User-Id: admin',
    'X-User-Id\t: admin',
    'X-User\0-Id: admin',
    'X-User-Id',
    ': admin',
    '"X-User-Id": admin',
    'X-Usér-Id: admin',
  ]
  // As the first header: a line that begins with a space would continue the one before.
  const [first = '', ...rest] = START
  const refused = await newlyReached(async () => {
    const ask = async (line: string): Promise<void> => {
      const { status, answers } = await sendBytes(port, requestText(first, line, ...rest))
      t.is(status, 400, line)
      t.is(answers, 1, line)
    }
    await Promise.all(lines.map(ask))
  })
  t.deepEqual(refused, [])
  const dotted = ['X.User.Id: admin', 'X-User.Id: admin', 'X.Auth.Scopes: all', 'Connection: close']
  const [seen] = await newlyReached(() => sendBytes(port, requestText(...START, ...dotted)))
  t.false(seen?.rawHeaders.some((text) => /admin|all/.test(text)))
})

verifiesAlone('edge-internal-headers', async (t) => {
  const steering = {
    'X-Envoy-Original-Path': '/memory/mcp',
    'X-Envoy-Upstream-Rq-Timeout-Ms': '1',
    'X-Envoy-Max-Retries': '9',
    'X-Envoy-Retry-On': '5xx',
    'X-Envoy-Internal': 'true',
    'X-Envoy-External-Address': '10.0.0.1',
    'X-Envoy-Decorator-Operation': 'x',
    'X-Forwarded-For': '10.0.0.1',
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Proto': 'https',
    'X-Forwarded-User': 'admin',
    'X-Forwarded-Email': 'admin@example.com',
    'X-Forwarded-Access-Token': 'admin',
    'X-Forwarded-Uri': '/memory/mcp',
    'X-Forwarded-Prefix': '/memory',
    'X-Original-Url': '/memory/mcp',
    'X-Rewrite-Url': '/memory/mcp',
    'X-Request-Id': 'mine',
    Forwarded: 'for=10.0.0.1;host=evil.example',
    'X-Gateway-Edge': 'guessed',
    'X-Gateway-Hop': 'guessed',
    'Router-Key': 'guessed',
    'Mcp-Init-Host': 'evil.example',
    'X-Upstream-Authorization': 'Bearer guessed',
  }
  const all = Object.entries(steering)
  const lines = all.map(([name, value]) => `${name}: ${value}`)
  const lower = all.map(([name, value]): Header => [name.toLowerCase(), value])
  const reached = await newlyReached(async () => {
    await sendBytes(port, requestText(...START, ...lines, 'Connection: close'))
    await askByFrames(port, [...PSEUDO, BEARER, ...lower])
  })
  t.deepEqual(
    reached.map(({ url }) => url),
    ['/echo/mcp', '/echo/mcp'],
  )
  for (const { headers } of reached) {
    for (const [name, value] of all) t.not(headers[name.toLowerCase()], value, name)
    t.is(headers['x-forwarded-proto'], 'http')
    t.is(headers['x-forwarded-user'], undefined)
    t.false(JSON.stringify(headers).includes('10.0.0.1'))
  }
  // None can be named as hop-by-hop to make it disappear (RFC 9110 section 7.6.1).
  const hop = 'Connection: close, x-user-id, x-auth-scopes, x-gateway-edge'
  const [seen] = await newlyReached(() => sendBytes(port, requestText(...START, hop)))
  if (seen === undefined) return t.fail('it did not arrive')
  for (const name of ['x-user-id', 'x-auth-scopes', 'x-gateway-edge']) {
    t.is(valuesOf(seen, name).length, 1, name)
  }
})

verifiesAlone('edge-smuggling', async (t) => {
  const hidden = requestText('POST /memory/mcp HTTP/1.1', `Host: ${HOST}`, 'X-User-Id: admin')
  const rows: Record<string, string[]> = {
    'a length and chunks': ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    'chunks and a length': ['Transfer-Encoding: chunked', 'Content-Length: 5'],
    'two lengths': ['Content-Length: 5', 'Content-Length: 6'],
    'two lengths in one': ['Content-Length: 5, 6'],
    'a length with a sign': ['Content-Length: +5'],
    'a length below zero': ['Content-Length: -1'],
    'chunks and identity': ['Transfer-Encoding: chunked, identity'],
    'chunks twice': ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'],
    'chunks misspelt': ['Transfer-Encoding: xchunked'],
    'chunks behind a vertical tab': ['Transfer-Encoding: \vchunked'],
    'a space before the colon': ['Transfer-Encoding : chunked'],
    gzip: ['Transfer-Encoding: gzip'],
  }
  const reached = await newlyReached(() =>
    Promise.all(
      Object.entries(rows).map(async ([name, headers]) => {
        const bytes = `${requestText(...START, ...headers)}0\r\n\r\n${hidden}`
        const { status, answers, closed } = await sendBytes(port, bytes)
        t.true([400, 501].includes(status), `${name}: ${status}`)
        t.is(answers, 1, `${name}: the hidden request is not answered`)
        t.true(closed, name)
      }),
    ),
  )
  t.deepEqual(reached, [])
  const chunks: Record<string, string> = {
    'a size that is none': 'x\r\n{}\r\n0\r\n\r\n',
    'a size too large': 'ffffffffffffffffff\r\n{}\r\n0\r\n\r\n',
    'a size with a sign': '-2\r\n{}\r\n0\r\n\r\n',
    'data longer than its size': `2\r\n{}${hidden}\r\n0\r\n\r\n`,
  }
  for (const [name, body] of Object.entries(chunks)) {
    const bytes = requestText(...START, 'Transfer-Encoding: chunked') + body
    const passed = await newlyReached(() => sendBytes(port, bytes))
    t.false(
      passed.some(({ url }) => url.startsWith('/memory')),
      name,
    )
  }
})

verifiesAlone('edge-http2-malformed', async (t) => {
  const without = (name: string): Header[] => PSEUDO.filter(([found]) => found !== name)
  const path = (value: string): Header[] => [...without(':path'), [':path', value]]
  const rows: Record<string, Header[]> = {
    'no method': [...without(':method'), BEARER],
    'no path': [...without(':path'), BEARER],
    'no scheme': [...without(':scheme'), BEARER],
    'an empty path': [...path(''), BEARER],
    'a path with a space': [...path('/echo/mcp /x'), BEARER],
    'two paths': [...PSEUDO, [':path', '/memory/mcp'], BEARER],
    'two methods': [...PSEUDO, [':method', 'GET'], BEARER],
    'two authorities': [...PSEUDO, [':authority', 'evil.example'], BEARER],
    'a pseudo header of an answer': [...PSEUDO, [':status', '200'], BEARER],
    'an unknown pseudo header': [...PSEUDO, [':user', 'admin'], BEARER],
    'a pseudo header last': [...without(':path'), BEARER, [':path', '/echo/mcp']],
    'a name in capitals': [...PSEUDO, BEARER, ['X-User-Id', 'admin']],
    'a name with a space': [...PSEUDO, BEARER, ['x-user id', 'admin']],
    'a name with an underscore': [...PSEUDO, BEARER, ['x_user_id', 'admin']],
    'an empty name': [...PSEUDO, BEARER, ['', 'admin']],
    'a line break in a value': [...PSEUDO, BEARER, ['x-other', 'a\r\nx-user-id: admin']],
    'a NUL in a value': [...PSEUDO, BEARER, ['x-other', 'a\0b']],
    'a transfer encoding': [...PSEUDO, BEARER, ['transfer-encoding', 'chunked']],
    'a length that is not so': [...PSEUDO, BEARER, ['content-length', '5']],
    'two credentials': [...PSEUDO, BEARER, BEARER],
  }
  const reached = await newlyReached(() =>
    Promise.all(
      Object.entries(rows).map(async ([name, headers]) => {
        const answer = await askByFrames(port, headers)
        t.true(typeof answer === 'string' || answer >= 400, `${name}: ${answer}`)
      }),
    ),
  )
  t.deepEqual(reached, [])
  const beside = await newlyReached(async () => {
    const asked = Object.entries(rows).map(async ([name, headers]) => {
      const connection = connectFrames(port)
      connection.write(requestFrame(1, headers), requestFrame(3, [...PSEUDO, BEARER]))
      const { frames } = await connection.heard()
      t.false(
        frames.some(({ type }) => type === FRAME.goAway),
        `${name}: the connection stays`,
      )
      t.true(
        frames.some(({ type, stream }) => type === FRAME.headers && stream === 3),
        `${name}: the call beside it is answered`,
      )
    })
    await Promise.all(asked)
  })
  t.is(beside.length, Object.keys(rows).length)
  const other: Header[] = [...without(':authority'), [':authority', HOST], ['host', 'evil.example']]
  for (const seen of await newlyReached(() => askByFrames(port, [...other, BEARER]))) {
    t.deepEqual(valuesOf(seen, 'host'), [HOST], 'one name, that of the decision')
  }
})

verifiesAlone('edge-bodies', async (t) => {
  const denied = await sendBytes(
    port,
    requestText(
      ...['POST /echo/mcp HTTP/1.1', `Host: ${HOST}`],
      ...['Expect: 100-continue', 'Content-Length: 100000000'],
    ),
  )
  t.is(denied.status, 401, 'before a byte of the body')
  const endless = await sendBytes(
    port,
    `${requestText('POST /echo/mcp HTTP/1.1', `Host: ${HOST}`, 'Transfer-Encoding: chunked')}2\r\n{}\r\n`,
  )
  t.is(endless.status, 401, 'before its end')

  const sent = request({
    ...{ host: '127.0.0.1', port, method: 'POST', path: '/echo/mcp', agent: false },
    headers: { host: HOST, authorization: `Bearer ${token}`, expect: '100-continue' },
  })
  const [seen] = await newlyReached(async () => {
    sent.flushHeaders()
    await once(sent, 'continue')
    // The service answers when it likes: here while the body still comes.
    const answered = once(sent, 'response')
    sent.write('{')
    const [answer] = await answered
    t.is(answer.statusCode, 200)
    sent.destroy()
  })
  t.is(seen?.headers['x-user-id'], 'dev:alice')
  const large = 'x'.repeat(4_000_000)
  const headers = ['Authorization', `Bearer ${token}`]
  t.is((await rawRequest({ port, path: '/echo/mcp', headers, body: large })).status, 200)
})

verifiesAlone('edge-large-headers', async (t) => {
  const many = Array.from({ length: 150 }, (_, index) => `X-Other-${index}: y`)
  const rows: Record<string, string[]> = {
    'one large header': [`X-Other: ${'y'.repeat(70_000)}`],
    'many headers': many,
    'a large name': [`X-${'y'.repeat(70_000)}: 1`],
    'many cookies': Array.from({ length: 150 }, (_, index) => `Cookie: c${index}=1`),
  }
  const fitting = [START.slice(2), many.slice(0, 98)].flat()
  const passed = await newlyReached(async () => {
    t.is((await sendBytes(port, requestText(...START.slice(0, 2), ...fitting))).status, 200)
    const headers = fitting.map(toHeader)
    t.is(await askByFrames(port, [...PSEUDO, ...headers]), 200)
  })
  t.is(passed.length, 2, 'a hundred headers and a good token')
  const reached = await newlyReached(async () => {
    for (const [name, lines] of Object.entries(rows)) {
      const { status, closed } = await sendBytes(port, requestText(...START, ...lines))
      t.is(status, 431, name)
      t.true(closed, name)
      const headers = lines.map(toHeader)
      const answer = await askByFrames(port, [...PSEUDO, BEARER, ...headers])
      t.true(typeof answer === 'string' || answer === 431, `${name} over HTTP/2: ${answer}`)
    }
    const beside = many.slice(0, 110)
    t.is((await sendBytes(port, requestText(...START, ...beside))).status, 431)
    t.is(await askByFrames(port, [...PSEUDO, BEARER, ...beside.map(toHeader)]), 431)
    const path = `/echo/mcp?${'y'.repeat(70_000)}`
    const long = await sendBytes(port, requestText(`POST ${path} HTTP/1.1`, ...START.slice(1)))
    t.true([414, 431].includes(long.status), String(long.status))
  })
  t.deepEqual(reached, [])
})

verifiesAlone('edge-no-slow-parsing', async (t) => {
  const long = (text: string): string => text.repeat(Math.floor(12_000 / text.length))
  const values: Record<string, string[]> = {
    Authorization: [long('Bearer '), `Bearer ${long('.')}`, `Bearer ${long('a.')}`, long(' ')],
    Accept: [long('text/html;q=0.1,'), long('*/*;'), long('a/'), long(' ,')],
    Origin: [long('http://localhost:'), `http://localhost:${long('1')}`, `https://${long('a.')}`],
    'MCP-Protocol-Version': [long('2025-')],
    'Content-Type': [long('application/json;')],
  }
  for (const [name, texts] of Object.entries(values)) {
    for (const text of texts) {
      const startedAt = performance.now()
      const { status } = await rawRequest({ port, path: '/echo/mcp', headers: [name, text] })
      t.true([401, 403].includes(status), `${name}: ${status}`)
      t.true(performance.now() - startedAt < 2000, `${name} ${text.slice(0, 20)}`)
    }
  }
})
