import test, { type ExecutionContext } from 'ava'
import { RpcFault } from '../../../../mcp-bridge/json-rpc.ts'
import { probeRemote, type RemoteProbe } from '../../../../mcp-bridge/remote/probe.ts'
import { freePort } from '../../../support/free-port.ts'
import { remotePorts } from '../../../support/remote-ports.ts'
import {
  type RemoteServerOfTest,
  serveFirst,
  serveHttp,
  serveSecond,
  serveSse,
} from '../../../support/remote-servers.ts'

async function probe(
  t: ExecutionContext,
  { url }: Pick<RemoteServerOfTest, 'url'>,
  hint?: 'streamable' | 'sse',
): Promise<RemoteProbe> {
  const ports = remotePorts(url)
  t.teardown(ports.close)
  return await probeRemote(ports, hint)
}

const kinds = {
  'sessions alone': { serve: () => serveFirst(), sessions: true, stateless: false },
  'sessions alone, as JSON': {
    serve: () => serveFirst({ json: true }),
    sessions: true,
    stateless: false,
  },
  'both eras': { serve: () => serveSecond(), sessions: true, stateless: true },
  'no sessions': { serve: () => serveSecond('reject'), sessions: false, stateless: true },
}
for (const [what, { serve, ...eras }] of Object.entries(kinds)) {
  test(`a server of ${what} is known for it`, async (t) => {
    const server = await serve()
    t.teardown(() => server.stop())
    t.deepEqual(await probe(t, server), { transport: 'streamable', eras })
  })
}

test('a server of 2024-11-05 is found by its event stream, unless another transport is meant', async (t) => {
  const server = await serveSse()
  t.teardown(() => server.stop())
  const expected = { transport: 'sse', eras: { sessions: true, stateless: false } } as const
  t.deepEqual(await probe(t, server), expected)
  t.deepEqual(
    server.seen.map(({ method }) => method),
    ['POST', 'POST', 'GET'],
  )
  await t.throwsAsync(probe(t, server, 'streamable'), { instanceOf: RpcFault })
  const before = server.seen.length
  t.deepEqual(await probe(t, server, 'sse'), expected)
  t.is(server.seen.length, before, 'nobody is asked')
})

test('the session that the question has opened is closed', async (t) => {
  const server = await serveFirst()
  t.teardown(() => server.stop())
  await probe(t, server)
  for (let n = 0; n < 100 && server.seen.at(-1)?.method !== 'DELETE'; n += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  t.truthy(server.seen.at(-1)?.headers['mcp-session-id'])
})

for (const status of [401, 403, 429, 302]) {
  test(`a server that answers ${status} says nothing about itself`, async (t) => {
    const server = await serveHttp((_, response) => void response.writeHead(status).end())
    t.teardown(() => server.stop())
    await t.throwsAsync(probe(t, server), { message: new RegExp(`\\(${status}\\)`) })
    t.is(server.seen.length, 1)
  })
}

for (const status of [404, 500]) {
  test(`a server that answers ${status} to everything is none`, async (t) => {
    const server = await serveHttp((_, response) => void response.writeHead(status).end())
    t.teardown(() => server.stop())
    await t.throwsAsync(probe(t, server), { message: new RegExp(`status ${status}`) })
  })
}

test('nobody there', async (t) => {
  const url = `http://127.0.0.1:${await freePort()}/mcp`
  await t.throwsAsync(probe(t, { url }), { message: /it refuses connections/ })
})
