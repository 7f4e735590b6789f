/**
 * The person behind a client, with its browser: programs that the client may start as one leave the address in
 * a file, and somebody approves there while they are not away.
 */

import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createVisitor } from '../support/visitor.ts'

/** What programs call to show a page to somebody. */
const BROWSERS = ['xdg-open', 'open', 'www-browser', 'x-www-browser', 'sensible-browser']
const LOOK_EVERY_MS = 50
/** How long a client may take until it listens for the answer. */
const LISTENS_MS_MAX = 10_000

export interface ClientPerson {
  /** For PATH and BROWSER of the client. */
  readonly environment: Readonly<Record<string, string>>
  /** How often the person was asked. */
  readonly visits: () => number
  /** Approves, and resolves with the address that the client is called at, without calling it. */
  approve(url: URL | string): Promise<URL>
  /** Approves, and calls the client back. The same address again is not looked at. */
  visit(url: string): void
  /** From now on the person is asked in vain. */
  leave(): void
  stop(): Promise<void>
}

export class AwayError extends Error {}

export function createClientPerson(name: string, folder: string): ClientPerson {
  const visitor = createVisitor(name)
  const opened = join(folder, 'opened')
  const bin = makeBrowsers(folder, opened)
  const seen = new Set<string>()
  let isAway = false
  let isOver = false
  const approve = async (url: URL | string): Promise<URL> => {
    seen.add(String(url))
    if (isAway) throw new AwayError('nobody is there to log in')
    return await visitor.approve(url)
  }
  const visit = (url: string): void => {
    if (seen.has(url)) return
    approve(url)
      .then(callBack)
      .catch((error: unknown) => {
        if (!(error instanceof AwayError) && !isOver) console.error(`  ${name}: ${String(error)}`)
      })
  }
  const watching = (async () => {
    while (!isOver) {
      if (existsSync(opened))
        for (const url of readFileSync(opened, 'utf8').split('\n')) isPage(url) && visit(url)
      await sleep(LOOK_EVERY_MS)
    }
  })()
  return {
    environment: { BROWSER: join(bin, 'xdg-open'), PATH: `${bin}:${process.env['PATH']}` },
    visits: () => seen.size,
    approve,
    visit,
    leave() {
      isAway = true
    },
    async stop() {
      isOver = true
      await watching
    },
  }
}

function isPage(url: string): boolean {
  return /^https?:\/\/\S+\/authorize\?/.test(url)
}

function makeBrowsers(folder: string, opened: string): string {
  const bin = join(folder, 'bin')
  mkdirSync(bin, { recursive: true })
  for (const name of BROWSERS) {
    const path = join(bin, name)
    writeFileSync(path, `#!/bin/sh\nfor word; do printf '%s\\n' "$word"; done >> '${opened}'\n`)
    chmodSync(path, 0o755)
  }
  return bin
}

/** Some begin to listen only after they have opened the page. */
async function callBack(url: URL): Promise<void> {
  for (let waited = 0; ; waited += LOOK_EVERY_MS) {
    try {
      await (await fetch(url, { redirect: 'manual' })).body?.cancel()
      return
    } catch (error) {
      if (waited >= LISTENS_MS_MAX) throw error
      await sleep(LOOK_EVERY_MS)
    }
  }
}
