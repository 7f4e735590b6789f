import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import type { Redis } from 'ioredis'
import { writeValkeyConfig } from '../../../cli/supervisor/valkey-config.ts'
import { createLog } from '../../../lib/platform/log.ts'
import { Secret } from '../../../lib/platform/secret.ts'
import { connectRedis, waitUntilReady } from '../../../lib/store/redis.ts'

test('what was answered outlives a kill, nothing is evicted, and nobody comes in without the password', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'valkey-config-'))
  const socketPath = join(folder, 's')
  const password = new Secret('pass "word" \\ of the test')
  const settings = { folder: join(folder, 'data'), socketPath, password, fsync: 'always' } as const
  const path = writeValkeyConfig(settings)
  const connections: Redis[] = []
  let server: ChildProcess | undefined
  const start = (): void => {
    server = spawn(process.env['VALKEY_BIN'] ?? 'valkey-server', [path], { stdio: 'ignore' })
  }
  const connect = async (secret: Secret | undefined): Promise<Redis> => {
    const options = { url: `unix://${socketPath}`, password: secret, commandTimeoutMs: 2000 }
    const redis = connectRedis(options, createLog('test', 'error', { write() {} }))
    connections.push(redis)
    await waitUntilReady(redis, secret === undefined ? 500 : 10_000)
    return redis
  }
  t.teardown(() => {
    for (const redis of connections) redis.disconnect()
    server?.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  })

  start()
  const redis = await connect(password)
  t.is(statSync(path).mode & 0o777, 0o600)
  for (const [name, value] of [
    ['appendonly', 'yes'],
    ['appendfsync', 'always'],
    ['save', '3600 1 300 100 60 10000'],
    ['maxmemory-policy', 'noeviction'],
    ['port', '0'],
  ] as const) {
    t.deepEqual(await redis.config('GET', name), [name, value])
  }
  await redis.set('grant', 'kept')
  await redis.save()
  t.true(existsSync(join(settings.folder, 'dump.rdb')), 'a snapshot beside the log')
  await redis.set('later', 'than the snapshot')
  await redis.config('SET', 'maxmemory', '1')
  await t.throwsAsync(redis.set('more', 'x'), { message: /OOM/ })
  t.is(await redis.get('grant'), 'kept')
  await t.throwsAsync(connect(undefined))

  redis.disconnect()
  server?.kill('SIGKILL')
  await once(server as ChildProcess, 'exit')
  rmSync(socketPath, { force: true })
  start()
  const again = await connect(password)
  t.is(await again.get('grant'), 'kept')
  t.is(await again.get('later'), 'than the snapshot')
})
