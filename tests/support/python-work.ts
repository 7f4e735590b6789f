/** Real work with the services that come from PyPI; each rejects when an answer is not what it should be. */

import assert from 'node:assert/strict'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { callText } from './sdk-client.ts'

export async function workWithTime(client: Client): Promise<void> {
  const now = JSON.parse(await callText(client, 'get_current_time', { timezone: 'Asia/Tokyo' }))
  assert.equal(now.timezone, 'Asia/Tokyo')
  assert.ok(Math.abs(Date.parse(now.datetime) - Date.now()) < 60_000, now.datetime)
  const converted = await callText(client, 'convert_time', {
    source_timezone: 'Asia/Kolkata',
    time: '16:30',
    target_timezone: 'Etc/UTC',
  })
  assert.match(JSON.parse(converted).target.datetime, /T11:00:00/)
}

/** Makes a table of this name and finds again what it put there. */
export async function workWithSqlite(client: Client, table: string): Promise<void> {
  await callText(client, 'create_table', { query: `CREATE TABLE ${table} (line TEXT)` })
  const query = `INSERT INTO ${table} VALUES ('a line')`
  assert.match(await callText(client, 'write_query', { query }), /affected_rows.*1/)
  assert.match(
    await callText(client, 'read_query', { query: `SELECT line FROM ${table}` }),
    /a line/,
  )
}

/** A session of this name, a command in it, and what its terminal shows. */
export async function workWithTmux(client: Client, session: string): Promise<void> {
  assert.match(await callText(client, 'tmux_new_session', { name: session }), new RegExp(session))
  const command = 'echo $((40 + 2)) lines'
  const run = JSON.parse(await callText(client, 'tmux_run', { target_pane: session, command }))
  assert.equal(run.completed, true, JSON.stringify(run))
  assert.match(run.output, /42 lines/)
  assert.match(await callText(client, 'tmux_capture_pane', { target_pane: session }), /42 lines/)
}

/** Finds the repository and reads its log: it has a commit of this subject. */
export async function workWithGit(
  client: Client,
  repository: string,
  subject: string,
): Promise<void> {
  assert.match(await callText(client, 'git_repositories'), new RegExp(`^${repository}$`, 'm'))
  assert.match(await callText(client, 'git_log', { repo_path: repository }), new RegExp(subject))
}

/** A page of this machine, and of the cloud's metadata service: neither is fetched. */
export async function refusesPrivatePages(client: Client, port: number): Promise<void> {
  for (const url of [`http://127.0.0.1:${port}/`, 'http://169.254.169.254/latest/meta-data/']) {
    const result = await client.callTool({ name: 'fetch', arguments: { url } })
    assert.equal(result.isError, true, url)
    assert.match(JSON.stringify(result.content), /not a public address/, url)
  }
}
