/** The commands of the pages, run: see docs/README.md for what is run how, and what stands for what. */

import { join } from 'node:path'
import test from 'ava'
import { serveCommands } from '../support/docs/command-server.ts'
import { readPages } from '../support/docs/pages.ts'
import { openTerminal, runPage } from '../support/docs/run-page.ts'
import { startGateway } from '../support/gateway.ts'

const PAGES = readPages()

/** The clients and scopes that docs/devices-and-machines.md shows. */
const shown = PAGES.find(({ path }) => path === 'docs/devices-and-machines.md')
const file = shown?.blocks.find(({ language }) => language === 'yaml')?.source ?? ''
const secrets = {
  NIGHTLY: 'a-secret-of-the-nightly-job',
  CLAUDE_WEB: 'a-secret-of-claude-on-the-web',
}

const gateway = await startGateway({
  file,
  environment: { RATE_LIMIT_FACTOR: '0', ...secrets },
})
const commands = join(gateway.folder, 'commands.sock')
const endCommands = await serveCommands(commands)
test.after.always(async () => {
  endCommands()
  await gateway.remove()
})

const terminal = openTerminal(gateway.folder, {
  commands,
  environment: { ...secrets, GATEWAY_PORT: String(gateway.port) },
  inPlaceOf: {
    'http://localhost:8642': gateway.url,
    '127.0.0.1:9901': `127.0.0.1:${gateway.adminPort}`,
    '127.0.0.1:9464': `127.0.0.1:${gateway.metricsPort}`,
    'github:583231': 'dev:alice',
  },
})

let blocks = 0
for (const page of PAGES) {
  test.serial(`what ${page.path} says to type works`, async (t) => {
    const run = await runPage(page, terminal)
    blocks += run.blocks
    t.is(run.fault, undefined, run.fault)
  })
}

test.serial('that was something', (t) => {
  t.true(blocks >= 15, `${blocks} blocks were run`)
})

test.serial('what is not run says why', (t) => {
  for (const { path, blocks: all } of PAGES) {
    for (const { notRun, line } of all) {
      if (notRun !== undefined) t.true(notRun.length >= 8, `${path}:${line}`)
    }
  }
})
