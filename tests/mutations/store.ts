/** Protections of the revocations, the memory of them, and of what is sealed. */

import { conformance, contract, type Mutation, unit } from './mutation.ts'

export const STORE: readonly Mutation[] = [
  {
    takesOut: 'a revoked client is refused',
    file: 'lib/store/revocation.ts',
    from: "if (refuses(instantOf('client', clientId), grantId)) return { revoked: true, by: 'client' }",
    to: '',
    noticedBy: 'revocation-token-grant-client-user',
    test: conformance('protected-resource'),
  },
  {
    takesOut: 'what is sealed for one purpose opens for no other',
    file: 'lib/platform/seal.ts',
    from: "const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key), nonce)\n    .setAAD(Buffer.from(context))",
    to: "const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key), nonce)\n    .setAAD(Buffer.from(''))",
    noticedBy: 'opens what was sealed, and seals differently each time',
    test: unit('lib/platform/seal'),
  },
  {
    takesOut: 'a secret does not print itself',
    file: 'lib/platform/secret.ts',
    from: '  toJSON(): string {\n    return HIDDEN',
    to: '  toJSON(): string {\n    return this.#text',
    noticedBy: 'a secret does not print itself',
    test: unit('lib/platform/environment'),
  },
  {
    takesOut: 'a secret of a person is bound to its place',
    file: 'lib/store/user-secrets.ts',
    from: "JSON.stringify(['user-secret', userId, service, name])",
    to: "JSON.stringify(['user-secret', name, userId.length > 0, service.length > 0])",
    noticedBy: 'a value that was moved opens nowhere else',
    test: contract('user-secrets'),
  },
  {
    takesOut: 'knowledge older than the bound is none',
    file: 'lib/store/replica.ts',
    from: 'answer.revoked || this.staleness() < FRESH_MS ? answer : undefined',
    to: 'answer',
    noticedBy: 'a frozen store: memory counts for two seconds after its last proof',
    test: contract('replica'),
  },
  {
    takesOut: 'a gap in the stream is noticed',
    file: 'lib/store/replica.ts',
    from: "if (event.number > this.#number + 1) throw new Error('the stream was trimmed')",
    to: '',
    noticedBy: 'a stream trimmed in the middle is noticed, and everything loaded again',
    test: contract('replica'),
  },
  {
    takesOut: 'what was issued before the store began is refused',
    file: 'lib/store/revocation.ts',
    from: "if (issuedAt < notBefore) return { revoked: true, by: 'epoch' }",
    to: '',
    noticedBy: 'a token older than the store is refused, in the second of its beginning too',
    test: contract('revocations'),
  },
  {
    takesOut: 'grants made at the instant of a revocation end with it',
    file: 'lib/store/revocation.ts',
    from: 'made <= instant',
    to: 'made < instant',
    noticedBy: 'named refuses every grant made up to that instant and none after',
    test: contract('revocations'),
  },
  {
    takesOut: 'a revocation is never shortened',
    file: 'lib/store/revocations.ts',
    from: "if held then expires = math.max(expires, tonumber(string.match(held, ':(%d+)$'))) end",
    to: '',
    noticedBy: 'revoking again never shortens an entry',
    test: contract('revocations'),
  },
  {
    takesOut: 'freshness counts from the question',
    file: 'lib/store/replica.ts',
    from: 'else if (number <= this.#number) this.#prove(sent)',
    to: 'else if (number <= this.#number) this.#prove(this.#now())',
    noticedBy: 'what comes from the store late is as old as the question for it',
    test: contract('replica'),
    survivedUntil:
      'No test had a store that answers late all the time: one has a proxy before it now.',
  },
  {
    takesOut: 'a store put back to an earlier state is noticed',
    file: 'lib/store/replica.ts',
    from: 'if (epoch.id !== this.#epoch?.id || number >= this.#number) return',
    to: 'return',
    noticedBy:
      'a store put back to an earlier state refuses what was issued before, at every reader',
    test: contract('replica'),
    survivedUntil:
      'The test ran in the first second of its store, whose tokens are refused anyway: it waits for the next one now.',
  },
  {
    takesOut: 'an entry outlives its token',
    file: 'lib/store/revocation-set.ts',
    from: 'expiresAt: Math.max(expiresAt, held?.expiresAt ?? 0)',
    to: 'expiresAt: 0',
    noticedBy: 'an entry ends at its time',
    test: contract('replica'),
    survivedUntil: 'Only the end of an entry was tried: now also that it does not end before.',
  },
]
