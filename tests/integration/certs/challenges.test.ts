/** The answers to an ACME authority, who asks whether names are ours. */

import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { createChallengeServer } from '../../../certs/challenge-server.ts'
import { listenOnSocket } from '../../../lib/platform/unix-socket.ts'
import { until } from '../../support/gateway-process.ts'

const WAIT_MS_MAX = 10_000
const PREFIX = '/.well-known/acme-challenge'

/** With an empty folder for tokens, and a file above it that is nobody's business. */
async function startServer(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), 'challenges-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const tokens = join(folder, PREFIX)
  mkdirSync(tokens, { recursive: true })
  writeFileSync(join(folder, 'secret'), 'secret')
  const server = createChallengeServer({ webroot: folder, metrics: async () => 'figures\n' })
  const socketPath = join(folder, 'c.sock')
  await listenOnSocket(server, socketPath)
  t.teardown(() => void server.close())
  return { server, socketPath, tokens }
}

test('challenges are answered from their folder and no other place', async (t) => {
  const { socketPath, tokens } = await startServer(t)
  writeFileSync(join(tokens, 'a_B-1'), 'key authorization')
  const ask = async (path: string, method = 'GET'): Promise<[number | undefined, string]> => {
    const { promise, resolve, reject } = Promise.withResolvers<[number | undefined, string]>()
    request({ socketPath, path, method, agent: false }, async (answer) => {
      const text = Buffer.concat((await answer.toArray()) as Buffer[]).toString('utf8')
      resolve([answer.statusCode, text])
    })
      .on('error', reject)
      .end()
    return await promise
  }
  t.deepEqual(await ask(`${PREFIX}/a_B-1`), [200, 'key authorization'])
  t.deepEqual(await ask('/metrics'), [200, 'figures\n'])
  for (const path of [
    '/../../secret',
    '/..%2f..%2fsecret',
    '/',
    '/x',
    `/${'a'.repeat(200)}`,
    '/a?b',
  ]) {
    t.is((await ask(`${PREFIX}${path}`))[0], 404, path)
  }
  t.is((await ask(`${PREFIX}/a_B-1`, 'POST'))[0], 404)
})

const onLinux = process.platform === 'linux' ? test : test.skip

onLinux('of a challenge that nobody waits for any more no file stays open', async (t) => {
  const { server, socketPath, tokens } = await startServer(t)
  const path = join(tokens, 'left')
  writeFileSync(path, 'key authorization')
  let asked = 0
  server.on('request', () => {
    asked += 1
  })
  const question = `GET ${PREFIX}/left HTTP/1.1\r\nhost: a.example\r\n\r\n`
  for (let time = 1; time <= 20; time += 1) {
    const socket = connect(socketPath)
    socket.write(question, () => socket.destroy())
    await until(() => asked === time, WAIT_MS_MAX)
  }
  await t.notThrowsAsync(until(() => !openFiles().includes(path), WAIT_MS_MAX))
})

/** Of this process. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`)
    } catch {
      // Closed since.
      return []
    }
  })
}
