/** Real Envoy over both servers: every caller gets its own answer, also when it is one of very many. */

import test from 'ava'
import { TRANSPORTS } from '../../../ext-authz/server.ts'
import { startEdge } from '../../support/edge.ts'

const PEOPLE = 40
const CALLS = 1500
const AT_ONCE = 64

/** A machine that stands still for a moment makes Envoy give up on a decision: then once more. */
async function ask(url: string, headers: Record<string, string>): Promise<number> {
  for (let attempt = 0; ; attempt += 1) {
    const answer = await fetch(url, { method: 'POST', headers, body: '{}' })
    await answer.arrayBuffer()
    if (answer.status !== 503 || attempt === 20) return answer.status
  }
}

for (const transport of TRANSPORTS) {
  test.serial(`${transport}: nobody gets another's answer among many at once`, async (t) => {
    t.timeout(120_000)
    const edge = await startEdge({ EXT_AUTHZ_TRANSPORT: transport })
    t.teardown(() => edge.stop())
    const tokens = await Promise.all(
      Array.from({ length: PEOPLE }, (_, index) => edge.mint({ sub: `dev:person-${index}` })),
    )
    const url = edge.resourceOf('echo')
    let next = 0
    const worker = async (): Promise<void> => {
      for (let call = next; call < CALLS; call = next) {
        next += 1
        const person = call % (PEOPLE + 2)
        const token = tokens[person] ?? 'garbage'
        const status = await ask(url, { authorization: `Bearer ${token}`, 'x-call': String(call) })
        if (status !== (person < PEOPLE ? 200 : 401)) {
          t.fail(`call ${call} of person ${person}: ${status}`)
        }
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
    const calls = edge.reached.filter(({ headers }) => headers['x-call'] !== undefined)
    const allowed = Array.from({ length: CALLS }, (_, call) => call % (PEOPLE + 2) < PEOPLE)
    t.is(calls.length, allowed.filter(Boolean).length)
    for (const { headers } of calls) {
      const person = Number(headers['x-call']) % (PEOPLE + 2)
      if (headers['x-user-id'] !== `dev:person-${person}`) {
        t.fail(`${headers['x-user-id']} for person ${person}`)
      }
    }
  })
}
