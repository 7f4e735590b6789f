/** A store of the operator's that cannot be used: said in words, and at once where waiting would change nothing. */

import test from 'ava'
import { withConnection } from '../../../cli/instance/store.ts'
import { Secret } from '../../../lib/platform/secret.ts'
import { startValkey } from '../../support/valkey.ts'

const PATIENCE_MS = 20_000

function connect(url: string, password?: Secret, patienceMs = PATIENCE_MS): Promise<string> {
  const options = { url, password, commandTimeoutMs: 2000 }
  return withConnection(options, patienceMs, (redis) => redis.ping())
}

test('one that is there is taken, with its password alone', async (t) => {
  const valkey = await startValkey()
  t.teardown(() => valkey.stop())
  t.is(await connect(valkey.url), 'PONG')
  await (await valkey.connect()).config('SET', 'requirepass', 'right-password')
  t.is(await connect(valkey.url, new Secret('right-password')), 'PONG')
  const began = performance.now()
  for (const password of [new Secret('wrong-password'), undefined]) {
    const error = await t.throwsAsync(connect(valkey.url, password))
    t.regex(error?.message ?? '', /does not let the gateway in: (?:WRONGPASS|NOAUTH)/)
    t.notRegex(JSON.stringify({ ...error, cause: undefined }), /-password/)
  }
  t.true(performance.now() - began < PATIENCE_MS / 2)
})

test('of one that is not there it is told where it should be, and why not', async (t) => {
  const error = await t.throwsAsync(connect('redis://:hunter2@127.0.0.1:1', undefined, 300))
  t.regex(error?.message ?? '', /^The store at 127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED/)
  t.notRegex(error?.message ?? '', /hunter2/)
})
