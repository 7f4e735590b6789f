/** docs/clients-tested.md: what was last seen of each real client, by `npm run test:clients -- --write`. */

import { COLUMNS, type Column } from '../../tests/clients/driver.ts'
import { keptResults } from '../../tests/clients/results.ts'
import type { ClientResult, Outcome } from '../../tests/clients/try-client.ts'
import { GENERATED, page, plain, table } from './markdown.ts'

export function clientsTestedPage(): string {
  const results = keptResults()
  return page(
    GENERATED,
    '# Clients that were run',
    INTRODUCTION,
    table(['client', 'version', ...COLUMNS, 'tried on'], results.map(toRow)),
    '## What is not `yes`',
    table(['client', 'what', '', 'why'], results.flatMap(reasonsOf)),
    '## What they say when an operator has ended their grant',
    table(['client', 'it says'], results.flatMap(refusalOf)),
  )
}

const INTRODUCTION = `Each of these is the real client, as its registry has it. \`npm run test:clients\` starts a gateway with real Envoy and access tokens
of twelve seconds, and lets each client find, register and log in by itself; a person approves. Agents with a model inside are given one
that calls the tool and speaks its maker's API: that alone is not real. \`npm run test:clients -- codex gemini\` runs some of them,
\`--light\` the libraries and small programs, \`--write\` keeps what was seen for this page.

| | is \`yes\` where the client said so and the gateway saw it too: |
|---|---|
| discovery | it fetched the metadata of its service |
| registration | the client that got tokens had registered itself, or is named by a document of its own |
| login | the person was asked by the gateway, and the client got its tokens |
| list | it has the tool of its service |
| call | the tool's answer names the person, and the call is in the audit log |
| refresh | after the access token had ended the next call was answered, by a refresh, without the person |
| revocation | after \`gateway grants revoke\` the next call was refused, and the client says so or asks for a login |

\`no\` is no fault of this gateway where it says so below: the client does it nowhere. _Not tried_ says why.`

function toRow({ title, version, columns, tried }: ClientResult): string[] {
  return [title, version, ...COLUMNS.map((column) => columns[column].state), tried]
}

function reasonsOf({ title, columns }: ClientResult): string[][] {
  const reasons = new Map<string, [Outcome, Column[]]>()
  for (const column of COLUMNS) {
    const outcome = columns[column]
    if (outcome.state === 'yes') continue
    const key = `${outcome.state} ${outcome.why}`
    const [, found] = reasons.get(key) ?? [outcome, []]
    reasons.set(key, [outcome, [...found, column]])
  }
  return [...reasons.values()].map(([{ state, why = '' }, found]) => [
    title,
    found.join(', '),
    state,
    plain(why),
  ])
}

function refusalOf({ title, columns, refusal }: ClientResult): string[][] {
  if (refusal === undefined || columns.revocation.state !== 'yes') return []
  return [[title, plain(refusal)]]
}
