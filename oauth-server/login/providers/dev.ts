/**
 * The dev provider: whoever asks is who they say. It exists only while nobody but this machine can
 * reach the gateway.
 */

import type { DevSettings } from '../../../lib/catalogue/providers.ts'
import type { DevProvider } from './provider.ts'

/** 1 to 64 of these: a name must be safe wherever a person or a log meets it. */
const USERNAME = /^[A-Za-z0-9._-]{1,64}$/

export function createDevProvider({ kind, name, label, issuer }: DevSettings): DevProvider {
  return {
    kind,
    name,
    label,
    issuer,
    identify: (username) =>
      USERNAME.test(username) ? { providerId: username, name: username, emails: [] } : undefined,
  }
}
