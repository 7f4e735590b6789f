/** Environment variables that pages name and no code reads. */

import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Page, ROOT } from './pages.ts'

/** What readers put something of their own in the place of, or other programs read. */
const NOT_OURS = new Set([
  'CAP_NET_BIND_SERVICE',
  'CF_DNS_API_TOKEN',
  'COMPOSE_FILE',
  'COMPOSE_PROJECT_NAME',
  'CONTEXT7_API_KEY',
  'DOCS_AUTHORIZATION',
  'GITHUB_PERSONAL_ACCESS_TOKEN',
  'GITHUB_TOKEN',
  'GITHUB_TOKEN_FILE',
  'NIGHTLY_FILE',
  'PUBLIC_URL',
  'SSL_CERT_FILE',
])

const NAME = /(?<![A-Za-z0-9_.$<-])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![A-Za-z0-9_>])/g
const ASSIGNED = /^(?:export )?([A-Z][A-Z0-9_]*)=/gm

const code = globSync(
  [
    '{bench,certs,cli,deploy,envoy,ext-authz,lib,mcp-bridge,oauth-server,services,tests}/**/*.{ts,mjs,yaml,yml,json}',
    '{compose.yaml,Dockerfile,package.json}',
  ],
  { cwd: ROOT, exclude: ['**/node_modules/**', 'tests/support/docs/**'] },
)
  .map((file) => readFileSync(join(ROOT, file), 'utf8'))
  .join('\n')
const inCode = new Set(code.match(NAME))

export function unreadVariables({ path, text, blocks }: Page): string[] {
  // What a page's own commands set, they may use.
  const own = blocks.flatMap(({ source }) => [...source.matchAll(ASSIGNED)].map(([, name]) => name))
  const named = new Set(text.match(NAME))
  return [...named]
    .filter((name) => !NOT_OURS.has(name) && !own.includes(name) && !isRead(name))
    .map((name) => `${path}: no code reads ${name}`)
}

function isRead(name: string): boolean {
  return inCode.has(name) || inCode.has(name.replace(/_FILE$/, ''))
}
