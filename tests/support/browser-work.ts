/** Real work with browsers and with `fetchs`; each rejects when an answer is not what it should be. */

import assert from 'node:assert/strict'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { callText } from './sdk-client.ts'

interface Part {
  readonly type: string
  readonly text?: string
  readonly data?: string
  readonly mimeType?: string
}

/** All that a tool answers with, also when it refuses. */
export async function callParts(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
): Promise<readonly Part[]> {
  return (await client.callTool({ name, arguments: args })).content as Part[]
}

async function textOf(client: Client, name: string, args: Record<string, unknown> = {}) {
  return (await callParts(client, name, args)).map(({ text = '' }) => text).join('\n')
}

/** A page without a network, read and photographed. */
export async function workWithPlaywright(client: Client, heading: string): Promise<void> {
  const url = `data:text/html,<h1>${heading}</h1>`
  assert.match(await callText(client, 'browser_navigate', { url }), /data:text\/html/)
  assert.match(await callText(client, 'browser_snapshot'), new RegExp(`heading "${heading}"`))
  const parts = await callParts(client, 'browser_take_screenshot')
  const image = parts.find(({ type }) => type === 'image')
  assert.match(image?.mimeType ?? '', /^image\//, JSON.stringify(parts).slice(0, 500))
  assert.ok((image?.data?.length ?? 0) > 1000)
}

/** What no browser here may reach, however it is written; `elsewhere`: more of that kind. */
export async function playwrightIsHeld(
  client: Client,
  elsewhere: readonly string[] = [],
): Promise<void> {
  const urls = ['http://169.254.169.254/latest/meta-data/', 'http://[::1]/', ...elsewhere]
  for (const url of urls) {
    const said = await textOf(client, 'browser_navigate', { url })
    const shown = await textOf(client, 'browser_snapshot')
    assert.match(said + shown, /No connection to|ERR_|chrome-error/, url)
  }
  assert.match(await textOf(client, 'browser_navigate', { url: 'file:///etc/passwd' }), /blocked/)
}

export async function fetchsIsHeld(client: Client, elsewhere: readonly string[] = []) {
  const urls = ['http://169.254.169.254/latest/meta-data/', 'http://0x7f.1/', ...elsewhere]
  for (const url of urls) {
    const result = await client.callTool({ name: 'fetch', arguments: { url } })
    assert.equal(result.isError, true, url)
    assert.match(JSON.stringify(result.content), /not on the public internet/, url)
  }
}
