import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Duplex, PassThrough } from 'node:stream'
import test from 'ava'
import {
  type Administration,
  createAdministration,
} from '../../../../cli/administration/administration.ts'
import { createEdgeKnock } from '../../../../cli/administration/edge-knock.ts'
import { endUser } from '../../../../cli/administration/end-user.ts'
import { CliError } from '../../../../cli/cli-error.ts'
import type { Context } from '../../../../cli/context.ts'
import { createOutput } from '../../../../cli/output.ts'

test('a connection that is reset is an authorization server that does not answer', async (t) => {
  const lines = Duplex.from({ readable: new PassThrough(), writable: new PassThrough() })
  const { ask } = createAdministration(lines, 'me')
  const asked = ask('users/list', {})
  lines.destroy(Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }))
  const error = await t.throwsAsync(asked, { instanceOf: CliError })
  t.regex(error.message, /does not answer/)
  // Reset while a person was asked: nobody was listening.
  const idle = new PassThrough()
  const second = createAdministration(idle, 'me')
  const closed = new Promise((resolve) => idle.once('close', resolve))
  idle.destroy(new Error('read ECONNRESET'))
  await closed
  await t.throwsAsync(second.ask('users/list', {}), { instanceOf: CliError })
})

test('of somebody who cannot be ended nothing is said of a measurement', async (t) => {
  const written = new PassThrough()
  const output = createOutput({ stdout: written, stderr: written }, { json: false, colour: false })
  const context = { output, environment: {} } as Context
  const ask = (name: string) =>
    name === 'users/probe' || isRefused
      ? Promise.reject(new CliError(`${name} is refused.`))
      : Promise.resolve({ user: 'dev:ann', grants: 0, disabled: true, secrets_deleted: null })
  const end = () =>
    endUser(context, { ask } as Administration, { user: 'dev:ann', verb: 'disable' })
  let isRefused = true
  await t.throwsAsync(end(), { message: 'users/disable is refused.' })
  t.is(written.read(), null)
  isRefused = false
  await end()
  t.regex(String(written.read()), /^The edge cannot be asked from here: .*\nEverything of dev:ann/)
})

test('an edge that dies while it is watched is not one that still lets in', async (t) => {
  const edge = createServer((_, response) => response.writeHead(406).end())
  edge.listen(0, '127.0.0.1')
  await once(edge, 'listening')
  const { port } = edge.address() as AddressInfo
  const knock = createEdgeKnock(`http://localhost:${port}/echo/mcp`, 'token', port)
  t.teardown(() => knock.leave())
  t.true(await knock.opens())
  const closing = knock.closes()
  edge.closeAllConnections()
  edge.close()
  t.is(await closing, 'silent')
})
