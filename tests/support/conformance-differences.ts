/** Verdicts of the official conformance suite: a server alone, and behind the gateway. */

import type { Verdict } from './conformance.ts'

/** What may be judged differently behind the gateway, by service, revision, scenario and check, and why. */
const DIFFERENT: readonly {
  readonly which: RegExp
  readonly behind: RegExp
  readonly why: string
}[] = [
  {
    which: / 2025-11-25 server-sse-multiple-streams server-sse-streams-functional$/,
    behind: /^unjudged$/,
    why: 'what is answered quickly is answered as JSON',
  },
  {
    which: / 2025-11-25 server-sse-polling server-sse-disconnect-resume$/,
    behind: /^unjudged$/,
    why: 'a server behind the gateway has no stream of the client’s that it could close',
  },
  {
    which: /-sessions 2026-07-28 input-required-result-basic-elicitation sep-2322-elicitation-/,
    behind: /^(?:FAILURE|unjudged)$/,
    why: 'in a session what a server asks has no name',
  },
  {
    which: /-sessions 2026-07-28 input-required-result-ignore-extra-params /,
    behind: /^WARNING$/,
    why: 'answers to what was not asked yet have no name either',
  },
  {
    which:
      /-sessions 2026-07-28 server-stateless sep-2575-(?:server-rejects-undeclared-capability|missing-capability-http-400)$/,
    behind: /^FAILURE$/,
    why: 'in a session what a client cannot do is no error of the protocol, but a tool that has failed',
  },
  {
    which: /-sessions 2026-07-28 server-stateless sep-2575-http-server-no-independent-requests/,
    behind: /^FAILURE$/,
    why: 'a client that declares something new gets a session of its own, and waits 0.6 s for its start',
  },
]

/** What is judged differently though it may not be, in words; `service` is the one behind the gateway. */
export function compareVerdicts(service: string, alone: Verdict, behind: Verdict): string[] {
  const of = (verdict: Verdict, name: string): string => verdict.get(name)?.join() ?? 'unjudged'
  return [...new Set([...alone.keys(), ...behind.keys()])]
    .map((name) => ({ name, wanted: of(alone, name), found: of(behind, name) }))
    .filter(
      ({ name, wanted, found }) => wanted !== found && !mayDiffer(`${service} ${name}`, found),
    )
    .map(({ name, wanted, found }) => `${service} ${name}: alone ${wanted}, behind ${found}`)
}

function mayDiffer(name: string, found: string): boolean {
  return DIFFERENT.some(({ which, behind }) => which.test(name) && behind.test(found))
}
