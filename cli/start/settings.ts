/** Everything a start must know before it touches anything: read, checked, or refused in words. */

import { type CertificateSource, chooseSource } from '../../certs/source.ts'
import type { Gateway } from '../../lib/catalogue/gateway.ts'
import type { LogLevel } from '../../lib/platform/environment.ts'
import type { Secret } from '../../lib/platform/secret.ts'
import { CliError } from '../cli-error.ts'
import type { Context } from '../context.ts'
import { readRootSecret } from '../instance/root-secret.ts'
import { requireSealingSecret } from '../instance/secret-fingerprint.ts'
import { prepareStateDirectory } from '../instance/state-directory.ts'
import { takeStoreFormat } from '../release/store-format.ts'
import type { Processes } from '../supervisor/room-sockets.ts'
import type { Fsync } from '../supervisor/valkey-config.ts'
import { requireCertificate } from './certificates.ts'
import { readConfiguration } from './configuration.ts'

export interface Settings {
  readonly gateway: Gateway
  readonly logLevel: LogLevel
  readonly rootSecret: Secret
  /** Undefined without TLS. */
  readonly certificates: CertificateSource | undefined
  /** As the operator said: 0 is none. */
  readonly httpPort: number | undefined
  readonly processes: Processes
  /** A store the operator runs; ours otherwise. */
  readonly externalStore:
    | { readonly url: string; readonly password: Secret | undefined }
    | undefined
  /** Of the store that is ours. */
  readonly fsync: Fsync
}

/** Reads the configuration and prepares the state directory, since the root secret may lie there. */
export function readSettings(context: Context): Settings {
  const { environment, workingDirectory } = context
  const { gateway, values } = readConfiguration(context)
  const { stateDirectory, addresses } = gateway
  requireProvider(gateway)
  const certificates = chooseSource({ addresses, stateDirectory, workingDirectory }, environment)
  requireCertificate(certificates, addresses)
  prepareStateDirectory(stateDirectory)
  takeStoreFormat(stateDirectory)
  const { REDIS_URL: url, REDIS_PASSWORD: password, GATEWAY_HTTP_PORT: httpPort } = values
  const rootSecret = readRootSecret(environment, stateDirectory)
  if (url === undefined) requireSealingSecret(rootSecret, stateDirectory)
  return {
    gateway,
    logLevel: values.LOG_LEVEL,
    certificates,
    httpPort,
    rootSecret,
    processes: {
      'ext-authz': values.EXT_AUTHZ_PROCESSES,
      'oauth-server': values.OAUTH_SERVER_PROCESSES,
      'mcp-bridge': values.MCP_BRIDGE_PROCESSES,
    },
    externalStore: url === undefined ? undefined : { url, password },
    fsync: values.VALKEY_APPENDFSYNC,
  }
}

/** The authorization server would refuse as well, but only once everything else runs. @throws CliError */
export function requireProvider({
  providers,
  addresses,
}: Pick<Gateway, 'providers' | 'addresses'>): void {
  if (providers.length > 0) return
  throw new CliError(
    `Nobody could log in at ${addresses.issuer}: no login provider is configured, and the dev login exists on loopback alone.`,
    {
      nextStep:
        'set GITHUB_CLIENT_ID, GITHUB_CLIENT_SECRET and ALLOWED_GITHUB_USERS, or write providers and access into gateway.yaml (docs/login-providers.md); or unset PUBLIC_URL and BASE_DOMAIN',
    },
  )
}
