/** What a person types beside `docker compose up`: setup in an empty folder of theirs, and status. */

import assert from 'node:assert/strict'
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import type { UserEntry } from '../../lib/oauth/administration.ts'
import { createGatewayCommand, type GatewayCommand } from '../support/gateway-command.ts'
import { docker, type Stack } from './stack.ts'
import { DOMAIN, PASSPHRASE, PERSON, type Surroundings } from './surroundings.ts'

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
export async function checkStatus(stack: Stack, surroundings: Surroundings): Promise<void> {
  const { compose, feed } = stack
  const { folder } = surroundings
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
  const url = `https://echo.${DOMAIN}/mcp`
  const explained = await onHost(stack, surroundings)(['explain', '--url', url, '--token', 'x'])
  assert.match(explained.stdout, /^failed +form .* not three parts$/m, explained.stderr)
}

/** From the host, as a person types it who has cloned the repository: nothing is published for it. */
function onHost(
  { project }: Stack,
  { overrideFile, environmentFile, ports }: Surroundings,
): GatewayCommand {
  return createGatewayCommand(join(import.meta.dirname, '../..'), {
    GATEWAY_STATE_DIR: join(tmpdir(), 'no-gateway-runs-here'),
    COMPOSE_PROJECT_NAME: project,
    COMPOSE_FILE: `compose.yaml:${overrideFile}`,
    COMPOSE_ENV_FILES: environmentFile,
    GATEWAY_PORT: String(ports.gateway),
  })
}

/**
 * A backup fetched to this side, and brought back where the volumes it was made of are gone.
 * @param bringUp everything, from nothing.
 */
export async function checkBackup(
  stack: Stack,
  surroundings: Surroundings,
  bringUp: () => Promise<void>,
): Promise<void> {
  const gateway = onHost(stack, surroundings)
  const file = join(surroundings.folder, 'today.backup')
  const typed = { environment: { BACKUP_PASSPHRASE: PASSPHRASE } }
  const made = await gateway.json<{ records: number; services: string[] }>(
    ['backup', file, '--with-services', '--with-configuration'],
    typed,
  )
  assert.ok(made.records > 20 && made.services.includes('memory'), JSON.stringify(made))
  assert.equal(statSync(file).mode & 0o777, 0o600)
  await stack.compose('down')
  const lost = ['store', 'root-secret', 'data-memory']
  await docker('volume', 'rm', ...lost.map((name) => `${stack.project}_${name}`))
  await bringUp()
  const wrong = { environment: { BACKUP_PASSPHRASE: 'another one altogether' } }
  const refused = await gateway(['restore', file], wrong)
  assert.equal(refused.exitCode, 1)
  assert.match(refused.stderr, /another passphrase or key/)
  type Restored = Readonly<Record<'records' | 'expired', number>>
  const { records, expired } = await gateway.json<Restored>(['restore', file], typed)
  assert.equal(records + expired, made.records)
}

/** One is made at once, since there is none of the last day. */
export async function checkNightlyBackup({ compose }: Stack): Promise<void> {
  const list = ['run', '--rm', '-T', '--no-deps', 'cli', '--json', 'backup', 'list']
  const found = JSON.parse(await compose(...list)) as { nightly?: true; fault: string | null }[]
  assert.ok(found.length > 0 && found.every(({ nightly }) => nightly), JSON.stringify(found))
}

export async function checkOffboarding(stack: Stack, surroundings: Surroundings): Promise<void> {
  const gateway = onHost(stack, surroundings)
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
