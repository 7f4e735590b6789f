/** Protections of MCP servers from each other, and of people from them. */

import { conformance, integration, type Mutation, unit } from './mutation.ts'

export const SERVERS: readonly Mutation[] = [
  {
    takesOut: 'ids of calls are ours',
    file: 'mcp-bridge/runner/correlation.ts',
    from: '    const id = this.#lastId\n',
    to: '    const id = request.id as number\n',
    noticedBy: 'ids-equal-in-a-session',
    test: conformance('bridge-calls'),
  },
  {
    takesOut: 'progress goes to whom it belongs',
    file: 'mcp-bridge/runner/correlation.ts',
    from: 'const _meta = { ...metaOf(request), progressToken: id }',
    to: 'const _meta = { ...metaOf(request) }',
    noticedBy: 'call-progress',
    test: conformance('bridge-calls'),
  },
  {
    takesOut: 'a shared server asks nobody',
    file: 'mcp-bridge/runner/server-requests.ts',
    from: "if (this.#service.isolation === 'session' &&",
    to: "if (this.#service.isolation !== 'user' &&",
    noticedBy: 'call-asks-nobody-shared',
    test: conformance('bridge-calls'),
    survivedUntil: 'No shared server of the tests asked anything: one does now.',
  },
  {
    takesOut: 'roots of a client stay with it',
    file: 'mcp-bridge/runner/roots.ts',
    from: "if (service.roots === 'client') return request\n",
    to: 'return request\n',
    noticedBy: ': what the server learns of the client',
    test: unit('mcp-bridge/runner/roots'),
  },
  {
    takesOut: 'folders among the answers of a client without a session are dropped',
    file: 'mcp-bridge/stateless/withheld-roots.ts',
    from: "!(isObject(one) && 'roots' in one)",
    to: 'isObject(one)',
    noticedBy: 'a forged state brings the server nothing but the folders of the service',
    test: integration('mcp-bridge/roots-stateless'),
  },
  {
    takesOut: 'a change of roots is not told',
    file: 'mcp-bridge/runner/roots.ts',
    from: "return roots !== 'client' && method === ROOTS_CHANGED",
    to: "return roots === 'never' as never && method === ROOTS_CHANGED",
    noticedBy: ': a change of the client',
    test: unit('mcp-bridge/runner/roots'),
  },
  {
    takesOut: 'a person’s secret is not the operator’s',
    file: 'mcp-bridge/runner/launch-plan.ts',
    from: 'isOwn ? ownSecrets.get(secret) : readText(secret, environment)',
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
  {
    takesOut: 'frames are cut at bytes, not characters',
    file: 'mcp-bridge/runner/framing.ts',
    from: 'if (this.#bytes <= this.#bytesMax) return',
    to: 'return',
    noticedBy: 'a line of the limit passes, one byte more does not',
    test: unit('mcp-bridge/runner/framing'),
  },
]
