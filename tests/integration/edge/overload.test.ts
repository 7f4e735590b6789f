import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { FILES, renderBootstrap } from '../../../envoy/bootstrap.ts'
import { readEnvoyConfig } from '../../../envoy/config.ts'
import type { OverloadLimits } from '../../../envoy/overload.ts'
import { renderFiles } from '../../../envoy/render.ts'
import { writeFiles } from '../../../envoy/write-files.ts'
import { readGateway } from '../../../lib/catalogue/gateway.ts'
import { freePort } from '../../support/free-port.ts'
import { until } from '../../support/gateway-process.ts'

const GIGABYTE = 1_073_741_824

interface Envoy {
  readonly port: number
  /** Of the metrics listener. */
  figures(): Promise<string>
}

/** Envoy with nobody behind it: what it does itself is the question. */
async function startEnvoy(t: ExecutionContext, limits: OverloadLimits): Promise<Envoy> {
  const folder = mkdtempSync(join(tmpdir(), 'overload-'))
  const [port, adminPort, metricsPort] = [await freePort(), await freePort(), await freePort()]
  const environment = {
    GATEWAY_PORT: String(port),
    GATEWAY_ADMIN_PORT: String(adminPort),
    GATEWAY_METRICS_PORT: String(metricsPort),
    ENVOY_FOLDER: folder,
    ENVOY_LISTEN_ADDRESSES: '127.0.0.1',
    OAUTH_SERVER_SOCKETS: join(folder, 'o.sock'),
    EXT_AUTHZ_SOCKETS: join(folder, 'a.sock'),
    MCP_BRIDGE_SOCKETS: join(folder, 'b.sock'),
    ENVOY_ADMIN_SOCKET: join(folder, 'e.sock'),
  }
  const files = renderFiles(readGateway(environment, folder), readEnvoyConfig(environment))
  const bootstrap = renderBootstrap(folder, environment.ENVOY_ADMIN_SOCKET, { overload: limits })
  writeFiles(folder, new Map([...files, [FILES.bootstrap, bootstrap]]))
  const envoy: ChildProcess = spawn(
    process.env['ENVOY_BIN'] ?? 'envoy',
    ['-c', join(folder, FILES.bootstrap), '--disable-hot-restart', '--concurrency', '1'],
    { stdio: 'ignore' },
  )
  t.teardown(() => {
    envoy.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  const figures = async (): Promise<string> => {
    const answer = await fetch(`http://127.0.0.1:${metricsPort}/metrics/envoy`)
    return await answer.text()
  }
  await until(async () => (await figures().catch(() => '')) !== '', 30_000)
  return { port, figures }
}

function open(t: ExecutionContext, port: number): Promise<{ socket: Socket; closed: boolean }> {
  const { promise, resolve } = Promise.withResolvers<{ socket: Socket; closed: boolean }>()
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.once('close', () => resolve({ socket, closed: true }))
  socket.setTimeout(1000, () => resolve({ socket, closed: false }))
  t.teardown(() => socket.destroy())
  return promise
}

test('beyond the limit connections are closed at once, and whoever looks at the figures gets in', async (t) => {
  const { port, figures } = await startEnvoy(t, { heapBytes: GIGABYTE, connections: 4 })
  const opened = await Promise.all(Array.from({ length: 8 }, () => open(t, port)))
  t.is(opened.filter(({ closed }) => closed).length, 4)
  t.regex(await figures(), /envoy_listener_downstream_global_cx_overflow\{[^}]*\} 4/)
  for (const { socket } of opened) socket.destroy()
  await until(async () => !(await open(t, port)).closed, 10_000)
})

test('when connections become scarce, idle ones end early', async (t) => {
  const { port } = await startEnvoy(t, { heapBytes: GIGABYTE, connections: 10 })
  const opened = await Promise.all(Array.from({ length: 9 }, () => open(t, port)))
  t.true(opened.every(({ closed }) => !closed))
  const ends = opened.map(({ socket }) => new Promise((resolve) => socket.once('close', resolve)))
  // As soon as some have made room, the others may stay: 180 s, as long as anybody where there is room.
  const first = await Promise.race([
    ...ends.map((end) => end.then(() => 'closed')),
    sleep(60_000, undefined, { ref: false }),
  ])
  t.is(first, 'closed')
})

test('without memory nothing new is taken on, and the figures say so', async (t) => {
  const { port, figures } = await startEnvoy(t, { heapBytes: 1_000_000, connections: 1000 })
  const isActive = (action: string, text: string): boolean =>
    new RegExp(`envoy_overload_envoy_overload_actions_${action}_active\\{\\} 1`).test(text)
  await until(async () => isActive('stop_accepting_requests', await figures()), 10_000)
  const text = await figures()
  for (const action of ['shrink_heap', 'disable_http_keepalive', 'stop_accepting_requests']) {
    t.true(isActive(action, text), action)
  }
  t.true((await open(t, port)).closed)
})
