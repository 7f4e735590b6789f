/** As whom the command line logs in the second time, and what becomes of a login while servers are in trouble. */

import test, { type ExecutionContext } from 'ava'
import { openLoginStore } from '../../../cli/mcp/store/login-store.ts'
import { createCommandLine } from '../../support/command-line.ts'
import { freePort } from '../../support/free-port.ts'
import {
  type LoginServer,
  type LoginServerOptions,
  startLoginServer,
} from '../../support/login-server.ts'

const AUTHORIZE = /https?:\S+\/authorize\?\S+/

async function makeWorld(t: ExecutionContext, options?: LoginServerOptions) {
  const server: LoginServer = await startLoginServer(options)
  const line = createCommandLine()
  t.teardown(async () => {
    line.remove()
    await server.stop()
  })
  return {
    server,
    line,
    stored: () => openLoginStore(line.env, server.url).read(),
    /** @returns what it said. */
    async logIn(...args: string[]): Promise<string> {
      const login = line.start(['login', server.url, '--no-browser', ...args])
      const [url] = await login.sees(AUTHORIZE)
      await fetch(url)
      const { exitCode, stderr } = await login.finished
      t.is(exitCode, 0, stderr)
      return stderr
    },
  }
}

test('a server that registers, and lets nobody manage that, registers once', async (t) => {
  const { server, logIn } = await makeWorld(t)
  t.notRegex(await logIn(), /--register/)
  t.regex(await logIn(), /Should the page not know this client: --register/)
  t.is(server.registered.length, 1)
  await logIn('--register')
  t.is(server.registered.length, 2)
})

test('a registration is made anew when it is gone, and not when its server is in trouble', async (t) => {
  const { server, logIn } = await makeWorld(t, { isManaged: true })
  await logIn()
  server.management = 503
  await logIn()
  t.is(server.registered.length, 1)
  server.management = 403
  await logIn()
  t.is(server.registered.length, 1, 'it exists, and may not be looked at')
  server.management = 401
  await logIn()
  t.is(server.registered.length, 2)
})

test('a client that a person named once is the one of the next login, with its port', async (t) => {
  const { server, logIn, stored } = await makeWorld(t)
  const port = await freePort()
  await logIn('--client-id', 'by-hand', '--callback-port', `${port}`)
  await logIn()
  const asked = server.authorized.map((one) => [one.get('client_id'), one.get('redirect_uri')])
  const both = ['by-hand', `http://127.0.0.1:${port}/callback`]
  t.deepEqual(asked, [both, both])
  t.deepEqual(server.registered, [])
  await logIn('--register')
  t.is(stored()?.client.client_id, server.registered[0])
})

test('nobody is sent to a server that does not say that it knows PKCE', async (t) => {
  const { server, line } = await makeWorld(t, { knowsPkce: false })
  const { exitCode, stderr } = await line.run(['login', server.url, '--no-browser'])
  t.is(exitCode, 1)
  t.regex(stderr, /does not say that it knows PKCE with S256.*\n→ .*--device/)
  t.deepEqual(server.authorized, [])
  t.deepEqual(server.registered, [])
})

test('a device login outlives a cut connection, and its words steer no terminal', async (t) => {
  const { server, line } = await makeWorld(t, {
    device: {
      device_code: 'd',
      user_code: 'AB\u001b[2J\u009bCD',
      verification_uri: 'https://example.com/device',
      expires_in: 60,
      interval: 0.05,
    },
  })
  server.polls.push('pending', 'cut', 'pending')
  const { exitCode, stderr } = await line.run(['login', server.url, '--device'])
  t.is(exitCode, 0, stderr)
  t.deepEqual(server.polls, [])
  t.true(stderr.includes('asks for the code AB\\x1b[2J\\x9bCD'), stderr)
})

test('a registration that the server has forgotten is forgotten here, whichever way is asked', async (t) => {
  const { server, line, logIn, stored } = await makeWorld(t, { isManaged: true })
  await logIn()
  server.management = 401
  t.like(await line.json(['logout', server.url, '--forget']), { forgotten: true })
  t.is(stored(), undefined)
  server.management = 200
  await logIn()
  await line.json(['logout', server.url])
  const { stdout } = await line.run(['logout', server.url, '--forget'])
  t.regex(stdout, /^There was no login at \S+\.\nThe registration is forgotten as well\.\n$/)
  t.is(stored(), undefined)
  await logIn()
  server.management = 404
  t.like(await line.json(['client', 'delete', server.url, '--yes']), { deleted: false })
  t.is(stored(), undefined)
  t.deepEqual(server.deleted, server.registered)
  server.management = 200
  await logIn()
  for (const status of [503, 403]) {
    server.management = status
    t.is((await line.run(['client', 'delete', server.url, '--yes'])).exitCode, 1, `${status}`)
    t.not(stored(), undefined)
  }
})

test('connect ends when it is told to, also while a login waits for a person', async (t) => {
  const { server, line } = await makeWorld(t)
  const connect = line.start(['connect', server.url], {
    env: { BROWSER: '/bin/true' },
    stdin: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n',
  })
  await connect.sees(AUTHORIZE)
  const second = line.start(['connect', server.url], {
    env: { BROWSER: '/bin/true' },
    stdin: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n',
  })
  await second.sees(/Another process asks for this login/)
  const began = performance.now()
  for (const { child } of [second, connect]) child.kill('SIGTERM')
  await Promise.all([connect.finished, second.finished])
  t.true(performance.now() - began < 15_000, 'not the quarter of an hour of a login')
})
