#!/usr/bin/env node
// The `gateway` command: hands over to cli/main.ts on the Node of this project, from any folder.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const node = join(root, 'node_modules/.bin/node')

if (existsSync(node)) handOver()
else {
  process.stderr.write(`Packages are missing: run \`npm install\` in ${root}, then again.\n`)
  process.exitCode = 1
}

function handOver() {
  const child = spawn(node, [join(root, 'cli/main.ts'), ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    // Ctrl-C reaches the child by itself as well; a second signal means nothing to it.
    process.on(signal, () => child.kill(signal))
  }
  child.once('error', (error) => {
    process.stderr.write(`${node} does not run: ${error.message}\n`)
    process.exitCode = 1
  })
  child.once('exit', (code) => {
    process.exitCode = code ?? 1
  })
}
