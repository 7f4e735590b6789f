/** Real work with each service in its container, for two people where what they keep must not meet. */

import assert from 'node:assert/strict'
import type { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { fetchsIsHeld, playwrightIsHeld, workWithPlaywright } from '../support/browser-work.ts'
import {
  workWithEcho,
  workWithEverything,
  workWithFilesystem,
  workWithMemory,
  workWithThoughts,
} from '../support/project-work.ts'
import {
  refusesPrivatePages,
  workWithSqlite,
  workWithTime,
  workWithTmux,
} from '../support/python-work.ts'
import { callText } from '../support/sdk-client.ts'
import type { World } from './checks.ts'

/** Where nothing listens, nor would anybody be let through. */
const A_PORT = 8642

const WORK: Readonly<Record<string, (client: Client) => Promise<void>>> = {
  echo: workWithEcho,
  everything: workWithEverything,
  fetch: (client) => refusesPrivatePages(client, A_PORT),
  fetchs: (client) => fetchsIsHeld(client, [`http://127.0.0.1:${A_PORT}/`]),
  filesystem: workWithFilesystem,
  memory: workWithMemory,
  async playwright(client) {
    await workWithPlaywright(client, 'Hello')
    await playwrightIsHeld(client, [`http://127.0.0.1:${A_PORT}/`])
  },
  sequentialthinking: workWithThoughts,
  sqlite: (client) => workWithSqlite(client, 'diary'),
  time: workWithTime,
  async tmux(client) {
    await workWithTmux(client, 'work')
    await hasOwnAccount(client)
  },
}

/** @param services those that are switched on. */
export async function checkServices(
  { visit }: Pick<World, 'visit'>,
  services: readonly string[],
): Promise<void> {
  for (const service of services) {
    const { client, close } = await visit.connect(service)
    const { tools } = await client.listTools()
    assert.ok(tools.length > 0, `${service} has tools`)
    await WORK[service]?.(client)
    await close()
  }
}

/** Whoever has the terminal is nobody that matters: no capability, no way to more, nothing of the runner's. */
async function hasOwnAccount(client: Client): Promise<void> {
  const tell = async (command: string): Promise<string> => {
    const told = await callText(client, 'tmux_run', { target_pane: 'work', command })
    return (JSON.parse(told) as { output: string }).output.trim()
  }
  assert.match(await tell('id -u'), /^2\d{4}$/)
  assert.equal(await tell('id -G'), await tell('id -u'))
  const nothing = '^Cap(Inh|Prm|Eff|Amb):\\s*0+$|^NoNewPrivs:\\s*1$'
  assert.equal(await tell(`grep -cE '${nothing}' /proc/self/status`), '5')
  assert.match(await tell('cat /proc/1/environ /proc/1/fd/0 2>&1 | grep -c denied'), /^2$/)
  assert.match(await tell('ls /data /data/tmux /run/runner 2>&1 | grep -c denied'), /^3$/)
}
