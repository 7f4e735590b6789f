/** Protections that scripts and records of the store give. */

import { type Mutation, unit } from './mutation.ts'

export const STORE: readonly Mutation[] = [
  {
    takesOut: 'what is sealed for one purpose opens for no other',
    file: 'lib/platform/seal.ts',
    from: "const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key), nonce)\n    .setAAD(Buffer.from(context))",
    to: "const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key), nonce)\n    .setAAD(Buffer.from(''))",
    noticedBy: 'opens what was sealed, and seals differently each time',
    test: unit('lib/platform/seal'),
  },
]
