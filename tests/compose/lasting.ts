/** What must outlast whatever happens to the containers: registrations, grants, keys, consents, memory. */

import assert from 'node:assert/strict'
import { callText, type MemoryProvider } from '../support/sdk-client.ts'
import type { Visit } from './visit.ts'

export interface Lasting {
  /** @throws AssertionError when something of it is lost. */
  check(): Promise<void>
}

const ENTITY = { name: 'Ada', entityType: 'person', observations: ['writes programs'] }

/** A login at two services, a note in one of them, and the keys of that moment. */
export async function leaveTraces(visit: Visit): Promise<Lasting> {
  const kids = await keyIds(visit)
  const echo = await visit.connect('echo')
  const memory = await visit.connect('memory')
  await callText(memory.client, 'create_entities', { entities: [ENTITY] })
  const providers: readonly MemoryProvider[] = [echo.provider, memory.provider]
  await Promise.all([echo.close(), memory.close()])
  return {
    async check() {
      for (const provider of providers) await visit.refresh(provider)
      const now = await keyIds(visit)
      assert.deepEqual(
        kids.filter((kid) => !now.includes(kid)),
        [],
        'keys are lost',
      )
      const again = await visit.connect('memory', memory.provider)
      const graph = await callText(again.client, 'read_graph')
      await again.close()
      assert.match(graph, /writes programs/, 'the memory is lost')
    },
  }
}

async function keyIds({ fetch, issuer }: Visit): Promise<string[]> {
  const { keys } = (await (await fetch(`${issuer}/jwks`)).json()) as { keys: { kid: string }[] }
  return keys.map(({ kid }) => kid)
}
