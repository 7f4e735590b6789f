/** A store of the operator's that cannot be used: said in words, before anything starts. */

import test from 'ava'
import { requireStore } from '../../../cli/start/require-store.ts'
import { Secret } from '../../../lib/platform/secret.ts'
import { startValkey } from '../../support/valkey.ts'

const progress = { begin: () => ({ end() {} }), note() {} }

test('one that is there is taken, with its password alone', async (t) => {
  const valkey = await startValkey()
  t.teardown(() => valkey.stop())
  await requireStore({ url: valkey.url, password: undefined }, progress)
  await (await valkey.connect()).config('SET', 'requirepass', 'right-password')
  await requireStore({ url: valkey.url, password: new Secret('right-password') }, progress)
  for (const password of [new Secret('wrong-password'), undefined]) {
    const error = await t.throwsAsync(requireStore({ url: valkey.url, password }, progress))
    t.regex(error?.message ?? '', /does not let the gateway in: (WRONGPASS|NOAUTH)/)
    t.notRegex(JSON.stringify(error), /-password/)
  }
})
