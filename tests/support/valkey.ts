/** A real Valkey of the test's own, on a unix socket in a folder that goes when the test ends. */

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { createLog } from '../../lib/platform/log.ts'
import { connectRedis, waitUntilReady } from '../../lib/store/redis.ts'

export interface Valkey {
  /** `unix://…`, as REDIS_URL takes it. */
  readonly url: string
  readonly pid: number
  /** What it keeps lies here: to be looked at, or replaced, while it is killed. */
  readonly folder: string
  /** A connection with the gateway's own settings. */
  connect(): Promise<Redis>
  /** As a power cut does it. */
  kill(): Promise<void>
  /** After `kill`, at the same place: with what it held if it is persistent, empty otherwise. */
  restart(): Promise<void>
  stop(): Promise<void>
}

export interface ValkeyOptions {
  /** Acknowledges nothing that a restart would lose, as the gateway's own does. */
  readonly persistent?: boolean
}

export async function startValkey({ persistent = false }: ValkeyOptions = {}): Promise<Valkey> {
  const folder = mkdtempSync(join(tmpdir(), 'valkey-'))
  const socket = join(folder, 's')
  const settings = persistent ? ['--appendonly', 'yes', '--appendfsync', 'always'] : []
  const url = `unix://${socket}`
  const connections: Redis[] = []
  let server = await spawnValkey(folder, socket, settings)
  const kill = async (): Promise<void> => {
    const exited = new Promise((resolve) => server.once('exit', resolve))
    server.kill('SIGKILL')
    await exited
    rmSync(socket, { force: true })
  }
  return {
    url,
    get pid() {
      return server.pid ?? 0
    },
    folder,
    async connect() {
      const redis = connectRedis({ url, commandTimeoutMs: 2000 }, createLog('test', 'error'))
      await waitUntilReady(redis, 10_000)
      connections.push(redis)
      return redis
    },
    kill,
    async restart() {
      server = await spawnValkey(folder, socket, settings)
    },
    async stop() {
      for (const redis of connections) redis.disconnect()
      if (server.exitCode === null && server.signalCode === null) await kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The binary comes from VALKEY_BIN, which `tests/run.ts` sets. */
async function spawnValkey(
  folder: string,
  socket: string,
  settings: readonly string[],
): Promise<ChildProcess> {
  const server = spawn(
    process.env['VALKEY_BIN'] ?? 'valkey-server',
    ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', folder, ...settings],
    { stdio: 'ignore' },
  )
  const { promise, reject } = Promise.withResolvers<never>()
  server.once('error', reject)
  await Promise.race([waitForSocket(socket), promise])
  return server
}

async function waitForSocket(path: string): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if (existsSync(path)) return
    await sleep(10)
  }
  throw new Error(`valkey did not open ${path}`)
}
