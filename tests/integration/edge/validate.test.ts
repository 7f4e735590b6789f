import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { readEnvoyConfig } from '../../../envoy/config.ts'
import { renderFiles } from '../../../envoy/render.ts'
import { toStaticBootstrap } from '../../../envoy/validation.ts'
import { readGateway } from '../../../lib/catalogue/gateway.ts'

const run = promisify(execFile)
const folder = mkdtempSync(join(tmpdir(), 'validate-'))
test.after.always(() => rmSync(folder, { recursive: true, force: true }))

const certificates = makeCertificate()

const ENVIRONMENT = {
  ENVOY_FOLDER: folder,
  ENVOY_LISTEN_ADDRESSES: '127.0.0.1,::1',
  OAUTH_SERVER_SOCKETS: [join(folder, 'o1.sock'), join(folder, 'o2.sock')].join(','),
  EXT_AUTHZ_SOCKETS: [join(folder, 'a1.sock'), join(folder, 'a2.sock')].join(','),
  MCP_BRIDGE_SOCKETS: [join(folder, 'b1.sock'), join(folder, 'b2.sock')].join(','),
  ENVOY_ADMIN_SOCKET: join(folder, 'e.sock'),
}

/** Labels and whole as long as DNS has them. */
const LONGEST_NAME = `${`${'n'.repeat(63)}.`.repeat(3)}${'n'.repeat(61)}`

const isValid = test.macro({
  async exec(t, environment: Record<string, string>) {
    const all = { ...ENVIRONMENT, ...environment }
    const files = renderFiles(readGateway(all, folder), readEnvoyConfig(all))
    const path = join(folder, `${t.title.replaceAll(/\W/g, '-')}.json`)
    writeFileSync(path, JSON.stringify(toStaticBootstrap(files)))
    const { stdout, stderr } = await run(process.env['ENVOY_BIN'] ?? 'envoy', [
      '--mode',
      'validate',
      '-c',
      path,
    ])
    t.regex(stdout + stderr, /configuration '.*' OK/)
  },
  title: (name = '') => `Envoy takes the ${name}`,
})

test('path layout', isValid, {})
test('host layout on loopback', isValid, { BASE_DOMAIN: 'gateway.localhost' })
test('TLS listener with its certificate', isValid, {
  BASE_DOMAIN: 'example.com',
  ENVOY_CERTIFICATE_FOLDER: certificates,
})
test('plain HTTP beside TLS', isValid, {
  BASE_DOMAIN: 'example.com',
  ENVOY_CERTIFICATE_FOLDER: certificates,
  ENVOY_PLAIN_PORT: '8080',
  CERTS_SOCKET: join(folder, 'c.sock'),
})
test('collector over HTTP', isValid, {
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://[::1]:4318',
  ENVOY_OTLP_HEADERS: 'authorization,x-key',
})
test('collector over gRPC and TLS', isValid, {
  OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
  OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
  OTEL_TRACES_SAMPLER_ARG: '0.1',
  TRACING_JOINS_CALLERS: 'true',
})
test('pages of any origin', isValid, { MCP_CORS_ORIGINS: '*' })
test('pages of listed origins', isValid, {
  MCP_CORS_ORIGINS: 'https://a.example,https://b.example:8443',
})
test('pages of very many origins', isValid, {
  MCP_CORS_ORIGINS: Array.from({ length: 150 }, (_, at) => `https://page-${at}.example`).join(','),
})
test('address of the greatest length', isValid, {
  PUBLIC_URL: `https://${LONGEST_NAME}`,
  ENVOY_CERTIFICATE_FOLDER: certificates,
})
test('host layout of the greatest length', isValid, {
  BASE_DOMAIN: LONGEST_NAME.slice(64),
  ENVOY_CERTIFICATE_FOLDER: certificates,
})

test('Envoy refuses what is not a configuration, so that a yes means something', async (t) => {
  const files = new Map(renderFiles(readGateway(ENVIRONMENT, folder), readEnvoyConfig(ENVIRONMENT)))
  files.set('rds.json', { resources: [{ name: 'gateway', virtual_hosts: [{ nonsense: 1 }] }] })
  const path = join(folder, 'broken.json')
  writeFileSync(path, JSON.stringify(toStaticBootstrap(files)))
  await t.throwsAsync(run(process.env['ENVOY_BIN'] ?? 'envoy', ['--mode', 'validate', '-c', path]))
})

/** Envoy reads the pair while it validates: it must be a real one. */
function makeCertificate(): string {
  const [key, chain] = [join(folder, 'tls.key'), join(folder, 'tls.crt')]
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-keyout', key, '-out', chain, '-days', '1', '-subj', '/CN=example.com'],
    ],
    { stdio: 'ignore' },
  )
  return folder
}
