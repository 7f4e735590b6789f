/** Protections of sessions, of servers from each other, and of tools. */

import { type Mutation, unit } from './mutation.ts'

export const SESSIONS_AND_SERVERS: readonly Mutation[] = [
  {
    takesOut: 'who is revoked loses exchanges that run',
    file: 'mcp-bridge/admissions.ts',
    from: 'if (by !== undefined) this.#withdraw(admission, toRevoked(by))',
    to: '',
    noticedBy: 'a revoked token ends what was opened with it; the session goes on',
    test: unit('mcp-bridge/admissions'),
  },
  {
    takesOut: 'a listening stream ends with its token',
    file: 'mcp-bridge/admissions.ts',
    from: 'if (admission.lapsesAt <= now) this.#withdraw(admission, toLapsed())',
    to: '',
    noticedBy:
      'a listening stream ends when the edge would not let its token in again, a call may finish',
    test: unit('mcp-bridge/admissions'),
  },
  {
    takesOut: 'sessions of a revoked grant end',
    file: 'mcp-bridge/admissions.ts',
    from: 'this.#options.sessions.endWhere((owner, grantId) => this.#isOver(owner, grantId))',
    to: '',
    noticedBy:
      'a session ends with its grant even if the token it was used with was revoked before',
    test: unit('mcp-bridge/admissions'),
  },
  {
    takesOut: 'roots of a client stay with it',
    file: 'mcp-bridge/runner/roots.ts',
    from: "if (service.roots === 'client') return request\n",
    to: 'return request\n',
    noticedBy: 'fixed: a client that has no capabilities has these',
    test: unit('mcp-bridge/runner/roots'),
  },
  {
    takesOut: 'a denied tool does not exist',
    file: 'mcp-bridge/tools/judge.ts',
    from: 'tool === undefined || matchesAny(deny, tool)',
    to: 'tool === undefined',
    noticedBy: 'what is denied is denied, whatever is allowed',
    test: unit('mcp-bridge/tools/judge'),
  },
  {
    takesOut: 'a tool needs its scopes',
    file: 'mcp-bridge/tools/judge.ts',
    from: "return missing.length === 0 ? PASS : { kind: 'scopes', missing }",
    to: 'return PASS',
    noticedBy: 'every entry that matches counts, for all calls of a body',
    test: unit('mcp-bridge/tools/judge'),
  },
  {
    takesOut: 'every message of a batch is judged',
    file: 'mcp-bridge/tools/judge.ts',
    from: 'const calls = messages.filter(({ method }) => method === CALL_TOOL)',
    to: 'const calls = messages.slice(0, 1).filter(({ method }) => method === CALL_TOOL)',
    noticedBy: 'every entry that matches counts, for all calls of a body',
    test: unit('mcp-bridge/tools/judge'),
  },
  {
    takesOut: 'a person’s secret is not the operator’s',
    file: 'mcp-bridge/runner/launch-plan.ts',
    from: 'Object.hasOwn(userSecrets, secret) ? ownSecrets.get(secret) : readText(secret, environment)',
    to: 'ownSecrets.get(secret) ?? readText(secret, environment)',
    noticedBy:
      'what a person has entered takes the place of no other, and no other takes its place',
    test: unit('mcp-bridge/runner/launch-plan'),
  },
  {
    takesOut: 'a task is its person’s',
    file: 'mcp-bridge/runner/ownership.ts',
    from: 'if (known !== undefined && known.userId !== user.userId) return',
    to: '',
    noticedBy: 'a server that repeats an id does not hand it to another person',
    test: unit('mcp-bridge/runner/ownership'),
  },
]
