/** A real ACME server, Let's Encrypt's own for tests, and a name server that knows every name as 127.0.0.1. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Authority, createAuthority } from './certificates.ts'
import { freePort } from './free-port.ts'
import { toolPath } from './tool-path.ts'

const VERSION = 'v2.10.3'
/** Built once for all runs, where ava and Node keep what they made. */
const FOLDER = join(import.meta.dirname, '../../node_modules/.cache', `pebble-${VERSION}`)
const START_MS_MAX = 30_000

export interface PebbleOptions {
  /** Where it asks for HTTP-01. */
  readonly httpPort: number
  /** Of each certificate. */
  readonly lifetimeSeconds: number
}

export interface Pebble {
  readonly directoryUrl: string
  /** Whom to trust as its own server. */
  readonly authority: Authority
  /** Of the name server's management, for records of DNS-01. */
  readonly dnsManagement: string
  /** Whom to trust for the certificates it makes. */
  root(): Promise<string>
  stop(): void
}

export async function startPebble({ httpPort, lifetimeSeconds }: PebbleOptions): Promise<Pebble> {
  buildPebble()
  const folder = mkdtempSync(join(tmpdir(), 'pebble-'))
  const authority = createAuthority()
  const { key, cert } = authority.issue(['localhost'])
  const [port, management] = [await freePort(), await freePort()]
  const [dns, dnsManagement] = [await freePort(), await freePort()]
  writeFileSync(join(folder, 'key.pem'), key)
  writeFileSync(join(folder, 'cert.pem'), cert)
  const config = {
    pebble: {
      listenAddress: `127.0.0.1:${port}`,
      managementListenAddress: `127.0.0.1:${management}`,
      certificate: join(folder, 'cert.pem'),
      privateKey: join(folder, 'key.pem'),
      httpPort,
      tlsPort: 1,
      retryAfter: { authz: 1, order: 1 },
      keyAlgorithm: 'ecdsa',
      profiles: { default: { description: 'test', validityPeriod: lifetimeSeconds } },
    },
  }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  const children = [
    run('pebble-challtestsrv', [
      ...['-dnsserver', `127.0.0.1:${dns}`, '-management', `127.0.0.1:${dnsManagement}`],
      ...['-defaultIPv4', '127.0.0.1', '-defaultIPv6', ''],
      ...['-http01', '', '-https01', '', '-tlsalpn01', '', '-doh', ''],
    ]),
    run('pebble', [
      ...['-config', join(folder, 'config.json'), '-dnsserver', `127.0.0.1:${dns}`, '-strict'],
    ]),
  ]
  const root = (): Promise<string> => get(management, '/roots/0', authority)
  await untilAnswers(root)
  return {
    directoryUrl: `https://localhost:${port}/dir`,
    authority,
    dnsManagement: `http://127.0.0.1:${dnsManagement}`,
    root,
    stop() {
      for (const child of children) child.kill('SIGKILL')
      authority.remove()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** What an operator sets who has hosts of `gateway.test` and gets certificates from it. */
export function operatorOf({ directoryUrl, authority }: Pebble, folder: string) {
  return {
    BASE_DOMAIN: 'gateway.test',
    GITHUB_CLIENT_ID: 'id',
    ALLOWED_GITHUB_USERS: 'octocat',
    GATEWAY_STATE_DIR: join(folder, 'state'),
    ACME_EMAIL: 'operator@gateway.test',
    ACME_DIRECTORY_URL: directoryUrl,
    ACME_CA_FILE: authority.path,
  }
}

/** Answers the folder of its programs. */
export function buildPebble(): string {
  if (existsSync(join(FOLDER, 'done'))) return FOLDER
  mkdirSync(FOLDER, { recursive: true })
  const module = 'github.com/letsencrypt/pebble/v2/cmd'
  const programs = ['pebble', 'pebble-challtestsrv'].map((name) => `${module}/${name}@${VERSION}`)
  for (const program of programs) {
    execFileSync(toolPath('go') ?? 'go', ['install', program], {
      env: { ...process.env, GOBIN: FOLDER },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  }
  writeFileSync(join(FOLDER, 'done'), '')
  return FOLDER
}

/** PEBBLE_LOG=1 shows what they say. */
function run(program: string, args: readonly string[]): ChildProcess {
  return spawn(join(FOLDER, program), args, {
    // As fast as it can; a name that was proved stays so for a while, as at Let's Encrypt.
    env: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '100' },
    stdio: process.env['PEBBLE_LOG'] === undefined ? 'ignore' : 'inherit',
  })
}

async function get(port: number, path: string, { cert: ca }: Authority): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  const asking = request({ host: 'localhost', port, path, ca, agent: false }, async (answer) => {
    try {
      const chunks = (await answer.toArray()) as Buffer[]
      resolve(Buffer.concat(chunks).toString('utf8'))
    } catch (error) {
      reject(error)
    }
  })
  asking.on('error', reject).end()
  return await promise
}

async function untilAnswers(ask: () => Promise<unknown>): Promise<void> {
  for (let waited = 0; waited < START_MS_MAX; waited += 50) {
    try {
      await ask()
      return
    } catch {
      // Not listening yet.
    }
    await sleep(50)
  }
  throw new Error('pebble does not start')
}
