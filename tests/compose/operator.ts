/** What a person types beside `docker compose up`: setup in an empty folder of theirs, and status. */

import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import type { UserEntry } from '../../lib/oauth/administration.ts'
import { createGatewayCommand } from '../support/gateway-command.ts'
import type { Stack } from './stack.ts'
import { DOMAIN, PERSON, type Surroundings } from './surroundings.ts'

const OFFBOARDED_MS_MAX = 2000

/** Of nobody on this machine. */
const SOMEBODY = 54_321

/** As somebody who is neither root nor the account of the images, in a folder that is theirs alone. */
export async function checkSetup({ feed }: Stack): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'setup-test-'))
  try {
    const owner = process.getuid?.() === 0 ? SOMEBODY : statSync(folder).uid
    chownSync(folder, owner, owner === SOMEBODY ? SOMEBODY : statSync(folder).gid)
    chmodSync(folder, 0o700)
    const run = ['run', '--rm', '-T', '-v', `${folder}:/gateway`, 'setup', '--no-check']
    const told = await feed(
      ['example.com', 'a@example.com', 'github', 'id', 'hush', 'octocat'],
      run,
    )
    assert.match(told, /Next: {2}docker compose up -d/)
    const path = join(folder, '.env')
    const { mode, uid } = statSync(path)
    assert.deepEqual({ mode: mode & 0o777, uid }, { mode: 0o600, uid: owner })
    const written = readFileSync(path, 'utf8')
    const { GATEWAY_SECRET: secret = '', ...values } = parseEnv(written)
    assert.match(secret, /^[\w-]{43}$/)
    assert.deepEqual(values, {
      BASE_DOMAIN: 'example.com',
      ACME_EMAIL: 'a@example.com',
      GATEWAY_PORT: '443',
      GITHUB_CLIENT_ID: 'id',
      GITHUB_CLIENT_SECRET: 'hush',
      ALLOWED_GITHUB_USERS: 'octocat',
    })
    await feed([], [...run, '--yes'])
    assert.equal(readFileSync(path, 'utf8'), written)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Handed the list of containers, since nothing of ours may ask Docker. */
export async function checkStatus(
  { compose, feed }: Stack,
  { folder }: Surroundings,
): Promise<void> {
  const list = await compose('ps', '--all', '--format', 'json')
  const told = await feed([list], ['run', '--rm', '-T', '-v', `${folder}:/gateway:ro`, 'status'])
  for (const expected of [
    new RegExp(`^https://auth\\.${DOMAIN}.* \\(in containers\\)$`, 'm'),
    /^certificate: from an ACME authority for .* days? left\)$/m,
    /^people: log in through GitHub; may in: github:octocat$/m,
    /^oauth-server +serving /m,
    /^→ Connect a client/m,
  ]) {
    assert.match(told, expected)
  }
}

/** From the host, as a person types it who has cloned the repository: nothing is published for it. */
export async function checkOffboarding(
  { project }: Stack,
  { overrideFile, environmentFile, ports }: Surroundings,
): Promise<void> {
  const gateway = createGatewayCommand(join(import.meta.dirname, '../..'), {
    GATEWAY_STATE_DIR: join(tmpdir(), 'no-gateway-runs-here'),
    COMPOSE_PROJECT_NAME: project,
    COMPOSE_FILE: `compose.yaml:${overrideFile}`,
    COMPOSE_ENV_FILES: environmentFile,
    GATEWAY_PORT: String(ports.gateway),
  })
  const { users } = await gateway.json<{ users: UserEntry[] }>(['users', 'list'])
  assert.deepEqual(
    users.map(({ login, services }) => [login, services.includes('echo')]),
    [[PERSON, true]],
  )
  // Not the one whose grants must outlast everything.
  const user = 'github:999999999'
  const ended = await gateway.json<{ refused_after_ms: number }>([
    'users',
    'disable',
    user,
    '--yes',
  ])
  assert.ok(ended.refused_after_ms > 0 && ended.refused_after_ms < OFFBOARDED_MS_MAX, String(ended))
  await gateway.json(['users', 'enable', user])
}
