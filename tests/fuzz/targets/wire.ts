/** Bytes at the public port that no library would send: answered or hung up, and never let through. */

import assert from 'node:assert/strict'
import { connect } from 'node:net'
import fc from 'fast-check'
import type { Target } from '../harness/fuzz.ts'
import { fill, type World } from '../harness/world.ts'

/** A request that lacks its end is waited for: so long nobody answers it. */
const SILENCE_MS = 60

const name = fc.constantFrom(
  'Host',
  'Host',
  'Content-Length',
  'Transfer-Encoding',
  'Authorization',
  'X-User-Id',
  'x_user_id',
  'X-Auth-Client',
  'Connection',
  'Upgrade',
  'Expect',
  'Cookie',
  'TE',
  'Origin',
  'Mcp-Session-Id',
  'x-envoy-original-path',
  'X-Forwarded-For',
  ' a',
  'a b',
  '',
)
const value = fc.oneof(
  fc.constantFrom(
    'localhost:PORT',
    'evil.example',
    '5',
    '-1',
    '99999999999',
    'chunked',
    'gzip, chunked',
    'Bearer x',
    'dev:root',
    'upgrade',
    'h2c',
    'websocket',
    '100-continue',
    'null',
    '\x00',
    'a\r\n b',
    ' '.repeat(200),
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
)
const request = fc
  .tuple(
    fc.constantFrom('GET', 'POST', 'PUT', 'CONNECT', 'TRACE', 'OPTIONS', 'get', 'PRI', ''),
    fc.constantFrom(
      '/echo/mcp',
      '/authorize',
      '/token',
      '//echo/mcp',
      '/echo/../echo/mcp',
      '/echo%2fmcp',
      '*',
      'http://evil.example/echo/mcp',
      '/echo/mcp;x',
      '/echo/mcp\\',
      '/ECHO/mcp',
      '/.well-known/..;/echo/mcp',
    ),
    fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', ''),
    fc.array(fc.tuple(name, fc.constantFrom(': ', ':', ' : '), value), { maxLength: 6 }),
    fc.constantFrom(
      '',
      'hello',
      '5\r\nhello\r\n0\r\n\r\n',
      'GET /echo/mcp HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n',
    ),
  )
  .map(([method, path, version, headers, body]) => {
    const lines = headers.map((parts) => parts.join(''))
    return [
      `${method} ${path} ${version}`,
      'Host: localhost:PORT',
      ...lines,
      'Connection: close',
      '',
      body,
    ].join('\r\n')
  })

export function wireTarget({ gateway }: World): Target {
  return {
    corpus: 'wire',
    words: [
      '\r\n\r\n',
      'HTTP/1.1',
      'Content-Length: 5\r\n',
      'Transfer-Encoding: chunked\r\n',
      'GET /echo/mcp HTTP/1.1\r\n',
      '\r\n ',
    ],
    grammar: request.map((text) => Buffer.from(text, 'latin1')),
    async check(bytes) {
      const text = await converse(gateway.port, fill(bytes, { PORT: String(gateway.port) }))
      const statuses = [...text.matchAll(/^HTTP\/1\.[01] (\d{3})/gm)].map(([, status]) =>
        Number(status),
      )
      // RFC 9112 section 6.1: a coding of the transfer that is not known is 501.
      for (const status of statuses) assert.ok(status < 502 && status !== 500, text.slice(0, 400))
      // Without a token no service answers: what it says would name its protocol.
      assert.doesNotMatch(text, /"jsonrpc"|mcp-session-id: /i)
      return String(statuses[0] ?? 'nothing')
    },
    outcomes: ['400', '401', '404'],
  }
}

function converse(port: number, bytes: Buffer): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
  let text = ''
  socket.setTimeout(SILENCE_MS, () => socket.destroy())
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1')
  })
  // A reset is a way of hanging up.
  socket.on('error', () => {})
  socket.once('close', () => resolve(text))
  return promise
}
