/**
 * Whether Chromium can put its own sandbox around each page here.
 *
 * It refuses to run as root with one, and it needs either user namespaces or its helper that runs as
 * root. Containers have neither: there the container is the wall. Elsewhere a page that breaks out of
 * the browser has the account, which has to be said.
 */

import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'

const ANSWER_MS_MAX = 2000
const SET_UID = 0o4000

/** Where distributions install the helper. */
const HELPERS = ['/usr/lib/chromium/chrome-sandbox', '/opt/google/chrome/chrome-sandbox']

/** Why there is none, and what helps, as the end of a sentence; undefined: there is one. */
export function lackOfSandbox(): string | undefined {
  if (process.platform !== 'linux') return undefined
  if (process.getuid?.() === 0) return 'it does not have one for root: use another account'
  if (hasHelper() || mayHaveUserNamespaces()) return undefined
  return 'this account may not make user namespaces: allow them, or install the browser’s helper chrome-sandbox'
}

/** True also where it cannot be found out: a browser that is told to use its sandbox and cannot does not start. */
function mayHaveUserNamespaces(): boolean {
  const args = ['--user', '--map-root-user', '--net', 'true']
  const { status } = spawnSync('unshare', args, { stdio: 'ignore', timeout: ANSWER_MS_MAX })
  return status === 0 || status === null
}

function hasHelper(): boolean {
  return mayGainPrivileges() && HELPERS.some(isSetUid)
}

function mayGainPrivileges(): boolean {
  return /^NoNewPrivs:\s*0$/m.test(readFileSync('/proc/self/status', 'utf8'))
}

function isSetUid(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  return found !== undefined && found.uid === 0 && (found.mode & SET_UID) !== 0
}
