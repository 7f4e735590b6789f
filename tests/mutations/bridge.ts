/** Protections of the bridge and of what it runs. */

import { conformance, type Mutation } from './mutation.ts'

export const BRIDGE: readonly Mutation[] = [
  {
    takesOut: 'a session is its owner’s',
    file: 'mcp-bridge/sessions.ts',
    from: '      !isSameOwner(entry.session.owner, caller) ||\n',
    to: '',
    noticedBy: 'session-foreign',
    test: conformance('bridge-sessions'),
  },
  {
    takesOut: 'children get listed variables alone',
    file: 'mcp-bridge/runner/surroundings.ts',
    from: '([name]) => isInherited(name) || passed.includes(name)',
    to: '() => true',
    noticedBy: 'child-environment',
    test: conformance('bridge-children'),
  },
  {
    takesOut: 'a line has a bound',
    file: 'mcp-bridge/runner/framing.ts',
    from: 'if (this.#bytes <= this.#bytesMax) return',
    to: 'if (this.#bytes >= 0) return',
    noticedBy: 'child-endless-line',
    test: conformance('bridge-children'),
  },
  {
    takesOut: 'Mcp-Method says what the body says',
    file: 'mcp-bridge/stateless/mirrored-headers.ts',
    from: 'named !== undefined && named !== method',
    to: 'named === ""',
    noticedBy: 'stateless-method-mismatch',
    test: conformance('stateless-requests'),
  },
]
