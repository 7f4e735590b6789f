/** Real work with the services of the project's own packages; each rejects when an answer is not what it should be. */

import assert from 'node:assert/strict'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { callText } from './sdk-client.ts'

export async function workWithEcho(client: Client): Promise<void> {
  assert.equal(await callText(client, 'echo', { message: 'hello ☃' }), 'hello ☃')
}

/** A long operation and all of its progress. */
export async function workWithEverything(client: Client): Promise<void> {
  let notices = 0
  const call = { name: 'trigger-long-running-operation', arguments: { duration: 1, steps: 4 } }
  await client.callTool(call, undefined, {
    onprogress: () => {
      notices += 1
    },
  })
  assert.equal(notices, 4)
}

/** A file in the folder that is the person's, and none beside it. */
export async function workWithFilesystem(client: Client): Promise<void> {
  const folder = /^\/.*$/m.exec(await callText(client, 'list_allowed_directories'))?.[0] ?? ''
  const path = `${folder}/letter.txt`
  await callText(client, 'write_file', { path, content: 'dear Ada' })
  assert.equal(await callText(client, 'read_text_file', { path }), 'dear Ada')
  const result = await client.callTool({
    name: 'read_text_file',
    arguments: { path: `${folder}/../../../etc/passwd` },
  })
  assert.equal(result.isError, true)
}

export async function workWithMemory(client: Client): Promise<void> {
  const entities = [{ name: 'Grace', entityType: 'person', observations: ['found a moth'] }]
  await callText(client, 'create_entities', { entities })
  assert.match(await callText(client, 'search_nodes', { query: 'moth' }), /Grace/)
}

export async function workWithThoughts(client: Client): Promise<void> {
  const thought = { thought: 'one', nextThoughtNeeded: true, thoughtNumber: 1, totalThoughts: 2 }
  await callText(client, 'sequentialthinking', thought)
  const next = { ...thought, thoughtNumber: 2, nextThoughtNeeded: false }
  assert.match(await callText(client, 'sequentialthinking', next), /"thoughtHistoryLength": 2/)
}
