/**
 * Whether Chromium can put its own sandbox around each page here.
 *
 * It refuses to run as root with one, and it needs either user namespaces or its helper that runs as
 * root. Containers have neither: there the container is the wall.
 */

import { spawnSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'

const ANSWER_MS_MAX = 2000
const SET_UID = 0o4000

/** Where distributions install the helper. */
const HELPERS = ['/usr/lib/chromium/chrome-sandbox', '/opt/google/chrome/chrome-sandbox']

/** The name of the switch, for the browser and for those that start it. */
export function sandboxSwitch(): 'sandbox' | 'no-sandbox' {
  if (process.platform !== 'linux') return 'sandbox'
  if (process.getuid?.() === 0) return 'no-sandbox'
  return hasHelper() || hasUserNamespaces() ? 'sandbox' : 'no-sandbox'
}

function hasUserNamespaces(): boolean {
  const args = ['--user', '--map-root-user', '--net', 'true']
  return spawnSync('unshare', args, { stdio: 'ignore', timeout: ANSWER_MS_MAX }).status === 0
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
