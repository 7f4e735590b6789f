import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { OAuthError } from '../../../../lib/oauth/error.ts'
import { readBody } from '../../../../oauth-server/http/body.ts'

const BYTES_MAX = 100

/** A request of which so much came, and the way its client leaves. */
async function receive(t: ExecutionContext, length: number, sent: string) {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const headers = { 'content-length': length }
  const asked = request({ host: '127.0.0.1', port, method: 'POST', headers, agent: false })
  asked.on('error', () => {
    // Ours: it is cut off, or nobody answers.
  })
  asked.write(sent)
  const [req, res] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
  t.teardown(() => asked.destroy())
  return { received: { req, res }, leave: () => asked.destroy() }
}

const CUT_OFF = { instanceOf: OAuthError, message: /the body was cut off/ }

test('a whole body is read, one beyond the bound is 413', async (t) => {
  const { received } = await receive(t, 3, 'a=b')
  t.is(await readBody(received, BYTES_MAX), 'a=b')
  const large = await receive(t, BYTES_MAX + 1, 'x'.repeat(BYTES_MAX + 1))
  const error = await t.throwsAsync(readBody(large.received, BYTES_MAX), { instanceOf: OAuthError })
  t.is((error as OAuthError).status, 413)
})

test('who leaves in the middle of it is heard of', async (t) => {
  const { received, leave } = await receive(t, 3, 'a')
  const reading = readBody(received, BYTES_MAX)
  leave()
  await t.throwsAsync(reading, CUT_OFF)
})

test('so is who has left before anybody reads', async (t) => {
  const { received, leave } = await receive(t, 3, 'a')
  leave()
  // Not events.once, which listens for errors as well: nobody does here.
  await new Promise((resolve) => received.req.once('close', resolve))
  await t.throwsAsync(readBody(received, BYTES_MAX), CUT_OFF)
})
