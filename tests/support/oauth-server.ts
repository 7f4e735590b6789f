/** The authorization server as a real process on a real socket, with a real Valkey. */

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Send, sendOverSocket } from './http.ts'
import { startValkey, type Valkey } from './valkey.ts'

export interface OAuthServer {
  readonly send: Send
  readonly issuer: string
  /** Path of the socket it listens on. */
  readonly socket: string
  readonly valkey: Valkey
  readonly pid: number
  /** Every line the process has written so far. */
  readonly lines: readonly string[]
  /** Another content of gateway.yaml while it runs; undefined takes the file away. */
  configure(configuration: string | undefined): void
  stop(): Promise<void>
}

export interface OAuthServerOptions {
  readonly environment?: Readonly<Record<string, string>>
  /** Content of gateway.yaml. */
  readonly configuration?: string
  /** Another server's store. */
  readonly valkey?: Valkey
}

/** The first line that matches: lines arrive later than the answers they speak of. */
export async function untilLine(
  { lines }: Pick<OAuthServer, 'lines'>,
  pattern: RegExp,
): Promise<string> {
  for (let attempt = 0; attempt < 500; attempt += 1) {
    const found = lines.find((line) => pattern.test(line))
    if (found !== undefined) return found
    await sleep(10)
  }
  throw new Error(`no line matches ${pattern}`)
}

const ISSUER = 'http://localhost:8642'
const MAIN = join(import.meta.dirname, '../../oauth-server/main.ts')

/** Resolves when the process says that it is ready; rejects with its lines when it ends before. */
export async function startOAuthServer(options: OAuthServerOptions = {}): Promise<OAuthServer> {
  const folder = mkdtempSync(join(tmpdir(), 'oauth-'))
  const valkey = options.valkey ?? (await startValkey())
  const socket = join(folder, 's')
  const configure = (configuration: string | undefined): void => {
    const path = join(folder, 'gateway.yaml')
    if (configuration === undefined) rmSync(path, { force: true })
    else writeFileSync(path, configuration)
  }
  configure(options.configuration)
  const child = spawn(process.execPath, [MAIN], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      REDIS_URL: valkey.url,
      OAUTH_SERVER_SOCKET: socket,
      OAUTH_SERVER_SECRET: 'a secret of the tests, long enough',
      USER_SECRETS_KEY: 'the key of user secrets in the tests',
      // No test asks the internet unless it says so.
      CLIENT_ID_METADATA_DOCUMENTS: 'off',
      ...options.environment,
    },
  })
  const lines: string[] = []
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const release = async (): Promise<void> => {
    child.kill('SIGTERM')
    await exited
    if (options.valkey === undefined) await valkey.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  const ready = Promise.withResolvers<void>()
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line)
    if (line.includes('"msg":"ready"')) ready.resolve()
  })
  void exited.then(() => ready.reject(new Error(`ended before ready:\n${lines.join('\n')}`)))
  try {
    await ready.promise
  } catch (error) {
    await release()
    throw error
  }
  return {
    send: sendOverSocket(socket),
    issuer: options.environment?.['PUBLIC_URL'] ?? ISSUER,
    socket,
    valkey,
    pid: child.pid ?? 0,
    lines,
    configure,
    stop: release,
  }
}
