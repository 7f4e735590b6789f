/**
 * The dev provider: whoever asks is who they say. It exists only while nobody but this machine can
 * reach the gateway.
 */

import { DEV_USERNAME, type DevSettings } from '../../../lib/catalogue/providers.ts'
import type { DevProvider } from './provider.ts'

export function createDevProvider({ kind, name, label, issuer }: DevSettings): DevProvider {
  return {
    kind,
    name,
    label,
    issuer,
    identify: (username) =>
      DEV_USERNAME.test(username)
        ? { providerId: username, name: username, emails: [] }
        : undefined,
  }
}
