/** A real Valkey of the test's own, on a unix socket in a folder that goes when the test ends. */

import { spawn } from 'node:child_process'
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
  /** A connection with the gateway's own settings. */
  connect(): Promise<Redis>
  stop(): Promise<void>
}

/** The binary comes from VALKEY_BIN, which `tests/run.ts` sets. */
export async function startValkey(): Promise<Valkey> {
  const folder = mkdtempSync(join(tmpdir(), 'valkey-'))
  const socket = join(folder, 's')
  const server = spawn(
    process.env['VALKEY_BIN'] ?? 'valkey-server',
    ['--port', '0', '--unixsocket', socket, '--save', '', '--dir', folder],
    { stdio: 'ignore' },
  )
  const url = `unix://${socket}`
  const connections: Redis[] = []
  const connect = async (): Promise<Redis> => {
    const redis = connectRedis({ url, commandTimeoutMs: 2000 }, createLog('test', 'error'))
    await waitUntilReady(redis, 10_000)
    connections.push(redis)
    return redis
  }
  const { promise, reject } = Promise.withResolvers<never>()
  server.once('error', reject)
  await Promise.race([waitForSocket(socket), promise])
  return {
    url,
    pid: server.pid ?? 0,
    connect,
    async stop() {
      for (const redis of connections) redis.disconnect()
      const exited = new Promise((resolve) => server.once('exit', resolve))
      server.kill('SIGKILL')
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function waitForSocket(path: string): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    if (existsSync(path)) return
    await sleep(10)
  }
  throw new Error(`valkey did not open ${path}`)
}
