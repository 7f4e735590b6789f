import test from 'ava'
import {
  deriveKey,
  deriveSecret,
  type KeyPurpose,
  Secret,
} from '../../../../lib/platform/secret.ts'

const PURPOSES: Readonly<Record<KeyPurpose, true>> = {
  'oauth-server': true,
  'oauth-server/signing-keys': true,
  'oauth-server/refresh-tokens': true,
  'oauth-server/user-codes': true,
  'oauth-server/upstream-tokens': true,
  'oauth-server/upstream-logins': true,
  'mcp-bridge': true,
  edge: true,
  redis: true,
  'user-secrets': true,
  mark: true,
}
const purposes = Object.keys(PURPOSES) as KeyPurpose[]
const root = new Secret('the root secret of this test, long enough')

test('each purpose has a key of its own, always the same', (t) => {
  const keys = purposes.map((purpose) => deriveKey(root, purpose).toString('hex'))
  t.is(new Set(keys).size, purposes.length)
  t.deepEqual(
    purposes.map((purpose) => deriveKey(root, purpose).toString('hex')),
    keys,
  )
  for (const key of keys) t.is(key.length, 64)
})

test('another root secret has other keys, and none shows the secret', (t) => {
  const other = new Secret('the root secret of this test, long enough.')
  for (const purpose of purposes) {
    t.not(deriveSecret(root, purpose).reveal(), deriveSecret(other, purpose).reveal())
    t.false(deriveKey(root, purpose).includes('root secret'))
  }
})
