/** A restore that is killed at any point: the next one to look finishes or undoes it, never half of it. */

import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import test from 'ava'
import type { Redis } from 'ioredis'
import type { Content } from '../../cli/backup/entries.ts'
import { settleRestore, unfinishedRestore } from '../../cli/backup/journal.ts'
import { restoreInto } from '../../cli/backup/restore.ts'
import type { Context } from '../../cli/context.ts'
import { createOutput } from '../../cli/output.ts'
import { startValkey, type Valkey } from '../support/valkey.ts'

let valkey: Valkey
let redis: Redis
const places: string[] = []
test.before(async () => {
  valkey = await startValkey()
  redis = await valkey.connect()
})
test.after.always(async () => {
  await valkey.stop()
  for (const place of places) fs.rmSync(place, { recursive: true, force: true })
})

const OLD = 'o'.repeat(40)
const NEW = 'n'.repeat(40)

const file = (path: string): Content => ({
  type: 'file',
  kind: 'file',
  ...{ service: 'echo', path, mode: 0o600, last: true },
  part: Buffer.from('new').toString('base64'),
})

async function* backup(): AsyncGenerator<Content> {
  yield { type: 'secret', value: NEW }
  yield { type: 'epoch', id: 'of the backup', number: 3 }
  for (const name of ['a', 'b']) {
    yield { type: 'record', key: `other:${name}`, expires_at: null, kind: 'string', value: 'new' }
  }
  yield { type: 'file', kind: 'folder', service: 'echo', path: 'closed', mode: 0o500 }
  yield file('closed/kept')
  yield file('top')
}

/** A machine with something of its own, in a folder that nobody may write in. */
async function machine(): Promise<string> {
  await redis.flushall()
  await redis.set('other:a', 'old')
  await redis.hset('epoch', { id: 'of the machine', not_before: 1 })
  const place = fs.mkdtempSync(join(tmpdir(), 'restore-kills-'))
  places.push(place)
  fs.writeFileSync(join(place, 'secret'), OLD)
  const closed = join(place, 'services/echo/closed')
  fs.mkdirSync(closed, { recursive: true })
  fs.writeFileSync(join(closed, 'kept'), 'old')
  fs.writeFileSync(join(place, 'services/echo/before'), 'old')
  fs.chmodSync(closed, 0o500)
  return place
}

async function look(place: string): Promise<unknown> {
  const read = (path: string): string | undefined =>
    fs.existsSync(join(place, path)) ? fs.readFileSync(join(place, path), 'utf8').trim() : undefined
  return {
    secret: read('secret'),
    records: await redis.mget('other:a', 'other:b'),
    staged: await redis.keys('restoring:*'),
    kept: read('services/echo/closed/kept'),
    before: read('services/echo/before'),
    top: read('services/echo/top'),
    // Killed while it is moved, its owner may write in it afterwards.
    mode: fs.statSync(join(place, 'services/echo/closed')).mode & 0o577,
    folder: fs.readdirSync(join(place, 'services/echo')).filter((name) => name.startsWith('.')),
    journal: unfinishedRestore(place),
  }
}
const CLEAR = { staged: [], mode: 0o500, folder: [], journal: undefined }
const UNDONE = {
  ...{ secret: OLD, records: ['old', null], kept: 'old', before: 'old', top: undefined },
  ...CLEAR,
}
const FINISHED = {
  ...{ secret: NEW, records: ['new', 'new'], kept: 'new', before: undefined, top: 'new' },
  ...CLEAR,
}

const sink = new PassThrough().resume()
const context = {
  clock: Date.now,
  output: createOutput({ stdout: sink, stderr: sink }, { json: false, colour: false }),
} as unknown as Context

const restore = (store: Redis, stateDirectory: string) =>
  restoreInto(store, context, { contents: backup(), stateDirectory, replace: true })

/** The store, with something around each of its commands; those that are sent together go as they are. */
function around(wrap: (name: string, send: () => unknown) => Promise<unknown>): Redis {
  return new Proxy(redis, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      const send = (...values: unknown[]): unknown => Reflect.apply(value, target, values)
      return name === 'pipeline'
        ? send
        : (...values: unknown[]) => wrap(String(name), () => send(...values))
    },
  })
}

/** What changes something on the disk: from the call on that is counted, none of it happens. */
const CHANGES = {
  sync: ['renameSync', 'rmSync', 'mkdirSync', 'writeFileSync'],
  later: ['rename', 'rm', 'mkdir', 'appendFile', 'writeFile', 'chmod', 'symlink'],
} as const

/** As `kill -9` after so many changes on the disk and in the store. @returns whether it came to that. */
async function killAfter(changes: number, place: string): Promise<boolean> {
  let left = changes
  let isDead = false
  const count = (): void => {
    if (left === 0) isDead = true
    left -= 1
    if (isDead) throw new Error('killed')
  }
  const restoring: (() => void)[] = []
  const wrap = (of: Record<string, unknown>, name: string): void => {
    const own = of[name] as (...values: unknown[]) => unknown
    of[name] = (...values: unknown[]) => {
      count()
      return own(...values)
    }
    restoring.push(() => {
      of[name] = own
    })
  }
  for (const name of CHANGES.sync) wrap(fs as unknown as Record<string, unknown>, name)
  for (const name of CHANGES.later) wrap(fs.promises as unknown as Record<string, unknown>, name)
  syncBuiltinESMExports()
  const store = around(async (name, send) => {
    if (name === 'evalsha' || name === 'set') count()
    if (isDead) throw new Error('killed')
    return await send()
  })
  try {
    await restore(store, place)
  } catch {
    // As a process that is gone: nobody is told.
  } finally {
    for (const undo of restoring) undo()
    syncBuiltinESMExports()
  }
  return isDead
}

test.serial('killed after any change, it is finished or undone as a whole', async (t) => {
  t.timeout(60_000)
  const seen = new Set<string>()
  for (let changes = 0; changes < 200; changes += 1) {
    const place = await machine()
    const isKilled = await killAfter(changes, place)
    const isCommitted = (await redis.exists('restored')) === 1
    // Once more killed in the middle would be the same.
    await settleRestore(redis, place)
    t.deepEqual(await look(place), isCommitted ? FINISHED : UNDONE, `after ${changes} changes`)
    seen.add(isCommitted ? 'finished' : 'undone')
    if (!isKilled) break
  }
  t.deepEqual([...seen], ['undone', 'finished'])
})

test.serial('an answer that is lost after it has happened is no failure', async (t) => {
  const place = await machine()
  let isLost = false
  const store = around(async (name, send) => {
    const reply = await send()
    if (name !== 'eval' || isLost) return reply
    isLost = true
    throw new Error('Connection is closed.')
  })
  // So that it is sent in full, and once.
  await redis.script('FLUSH')
  t.like(await restore(store, place), { records: 2, expired: 0, remaining: [] })
  t.true(isLost)
  t.deepEqual(await look(place), FINISHED)
})
