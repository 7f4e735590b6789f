/**
 * What stands around the real `compose.yaml` in its test: a GitHub, and an authority for certificates, on
 * networks that the rooms have anyway; and the folder with what both sides need.
 */

import { randomBytes } from 'node:crypto'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { type Authority, createAuthority } from '../support/certificates.ts'
import { freePort } from '../support/free-port.ts'
import { buildPebble } from '../support/pebble.ts'
import { NEWCOMER } from './newcomer.ts'

export const DOMAIN = 'example.test'
export const PERSON = 'octocat'
/** Of nightly backups, too. */
export const PASSPHRASE = randomBytes(16).toString('hex')
export const GITHUB = 'https://github.test'
const BASE_IMAGE = 'node:24-bookworm-slim'
const PEBBLE_PORT = 15_000
const CERTIFICATE_SECONDS = 86_400

export interface Ports {
  /** Of the gateway, over TLS. */
  readonly gateway: number
  readonly plain: number
  readonly admin: number
  readonly metrics: number
  readonly github: number
  /** Of pebble's management. */
  readonly pebble: number
}

export interface Surroundings {
  readonly folder: string
  readonly environmentFile: string
  readonly overrideFile: string
  readonly ports: Ports
  /** Of the GitHub, and of pebble's own server. */
  readonly authority: Authority
  remove(): void
}

/** `services`: those that are switched on, each with a name to be certified. */
export async function prepareSurroundings(services: readonly string[]): Promise<Surroundings> {
  const folder = mkdtempSync(join(tmpdir(), 'compose-test-'))
  const authority = createAuthority()
  const ports: Ports = {
    gateway: await freePort(),
    plain: await freePort(),
    admin: await freePort(),
    metrics: await freePort(),
    github: await freePort(),
    pebble: await freePort(),
  }
  const app = { id: 'Iv1.compose', secret: randomBytes(20).toString('hex') }
  const environmentFile = join(folder, '.env')
  const overrideFile = join(folder, 'compose.yaml')
  writeFileSync(environmentFile, toEnvironment({ folder, ports, services, app }), { mode: 0o600 })
  writeFileSync(overrideFile, stringify(toOverride({ folder, ports, services, app })))
  writePebble(folder, ports, authority)
  const github = authority.issue(['github.test'])
  writeFileSync(join(folder, 'github.key'), github.key)
  writeFileSync(join(folder, 'github.crt'), github.cert)
  mkdirSync(join(folder, 'configuration'))
  copyFileSync(authority.path, join(folder, 'configuration/ca.pem'))
  for (const open of ['', 'configuration']) chmodSync(join(folder, open), 0o755)
  return {
    ...{ folder, environmentFile, overrideFile, ports, authority },
    remove() {
      authority.remove()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface Facts {
  readonly folder: string
  readonly ports: Ports
  readonly services: readonly string[]
  readonly app: { readonly id: string; readonly secret: string }
}

/** As the operator's `.env` would be; ports aside, those of a real machine being taken. */
function toEnvironment({ folder, ports, services, app }: Facts): string {
  const switches = services.map((name) => [
    `MCP_${name.replaceAll('-', '_').toUpperCase()}_ENABLED`,
    'true',
  ])
  const values = {
    GATEWAY_SECRET: randomBytes(32).toString('base64url'),
    BASE_DOMAIN: DOMAIN,
    ACME_EMAIL: `operator@${DOMAIN}`,
    ACME_DIRECTORY_URL: 'https://pebble:14000/dir',
    ACME_CA_FILE: 'ca.pem',
    NODE_EXTRA_CA_CERTS: 'ca.pem',
    GITHUB_URL: GITHUB,
    GITHUB_CLIENT_ID: app.id,
    GITHUB_CLIENT_SECRET: app.secret,
    ALLOWED_GITHUB_USERS: PERSON,
    GATEWAY_PORT: ports.gateway,
    GATEWAY_HTTP_PORT: ports.plain,
    GATEWAY_ADMIN_PORT: ports.admin,
    GATEWAY_METRICS_PORT: ports.metrics,
    GATEWAY_PUBLISH_ADDRESS: '127.0.0.1',
    BACKUP_NIGHTLY: 'true',
    BACKUP_PASSPHRASE: PASSPHRASE,
    GATEWAY_ENV_FILE: join(folder, '.env'),
    GATEWAY_CONFIG_FOLDER: join(folder, 'configuration'),
    ...Object.fromEntries(switches),
  }
  return Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

function toOverride({ folder, ports, services, app }: Facts): object {
  const hosts = ['auth', NEWCOMER, ...services].map((name) => `${name}.${DOMAIN}`)
  return {
    services: {
      github: {
        image: BASE_IMAGE,
        init: true,
        command: ['node', '/repository/tests/compose/github/main.ts', app.id, app.secret],
        networks: { login: { aliases: [new URL(GITHUB).hostname] } },
        ports: [`127.0.0.1:${ports.github}:443`],
        volumes: [`${join(import.meta.dirname, '../..')}:/repository:ro`, `${folder}:/test:ro`],
      },
      pebble: {
        image: BASE_IMAGE,
        init: true,
        // The engine's own name server knows Envoy by the names that are to be certified.
        command: ['/pebble/pebble', '-config', '/test/pebble.json', '-dnsserver', '127.0.0.11:53'],
        environment: { PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '100' },
        networks: ['edge'],
        ports: [`127.0.0.1:${ports.pebble}:${PEBBLE_PORT}`],
        volumes: [`${buildPebble()}:/pebble:ro`, `${folder}:/test:ro`],
      },
      envoy: { networks: { edge: { aliases: hosts } } },
    },
  }
}

function writePebble(folder: string, { plain }: Ports, authority: Authority): void {
  const { key, cert } = authority.issue(['pebble', 'localhost'])
  writeFileSync(join(folder, 'pebble.key'), key)
  writeFileSync(join(folder, 'pebble.crt'), cert)
  const config = {
    pebble: {
      listenAddress: '0.0.0.0:14000',
      managementListenAddress: `0.0.0.0:${PEBBLE_PORT}`,
      certificate: '/test/pebble.crt',
      privateKey: '/test/pebble.key',
      httpPort: plain,
      tlsPort: 1,
      retryAfter: { authz: 1, order: 1 },
      keyAlgorithm: 'ecdsa',
      profiles: { default: { description: 'test', validityPeriod: CERTIFICATE_SECONDS } },
    },
  }
  writeFileSync(join(folder, 'pebble.json'), JSON.stringify(config))
}
