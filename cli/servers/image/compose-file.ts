/**
 * `compose.own.yaml`: a container for each image of the operator's own, beside what `compose.yaml` says. Our
 * runner is built into it; the bridge reaches it over a socket in a volume of its own.
 */

import { type Document, isMap, isSeq, parseDocument } from 'yaml'
import { CliError } from '../../cli-error.ts'
import type { ImageFacts } from './inspect-image.ts'

export const COMPOSE_OWN = 'compose.own.yaml'

/** Services of compose.yaml: what has one of their names would change them. */
const ROOMS = new Set(
  (
    'secrets configuration valkey oauth-server ext-authz mcp-bridge certs envoy-files envoy setup ' +
    'own egress status backup cli'
  ).split(' '),
)

/** Whether a container may have this name. @param shipped names of the catalogue, which have containers too. */
export function isContainerName(name: string, shipped: ReadonlySet<string>): boolean {
  return !ROOMS.has(name) && !shipped.has(name)
}

const HEAD = `# Written by gateway add; docker compose reads it because COMPOSE_FILE in .env names it.
# What each container may do is in services/image.yaml.
`
/** What the guard before a container that may out tells its programs. */
const PROXY_VARIABLES = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy']
/** The runner hands them on by itself, or they are ours to set. */
const NOT_PASSED = new Set(['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR'])

export interface ImageContainer {
  readonly facts: Pick<ImageFacts, 'pinned' | 'variables'>
  /** Whether it reaches the public internet, and nothing else. */
  readonly internet: boolean
}

/** The text with a container of this name; an older one is replaced. */
export function withContainer(text: string, name: string, container: ImageContainer): string {
  const document = parse(withoutContainer(text === '' ? HEAD : text, name))
  setIn(document, ['services', name], toContainer(name, container))
  for (const [service, mount] of mountsOf(name)) {
    const mounts = document.getIn(['services', service, 'volumes'])
    if (isSeq(mounts)) mounts.add(document.createNode(mount))
    else setIn(document, ['services', service, 'volumes'], [mount])
  }
  for (const volume of volumesOf(name)) setIn(document, ['volumes', volume], null)
  return document.toString({ lineWidth: 0 })
}

/** The text without it; its volumes are Docker's to keep. Unchanged where there is none. */
export function withoutContainer(text: string, name: string): string {
  const document = parse(text)
  if (!document.hasIn(['services', name])) return text
  document.deleteIn(['services', name])
  for (const volume of volumesOf(name)) document.deleteIn(['volumes', volume])
  for (const [service, { source }] of mountsOf(name)) {
    const mounts = document.getIn(['services', service, 'volumes'])
    if (!isSeq(mounts)) continue
    mounts.items = mounts.items.filter((mount) => !isMap(mount) || mount.get('source') !== source)
    // Compose refuses a service that says nothing.
    if (mounts.items.length === 0) document.deleteIn(['services', service])
  }
  return document.toString({ lineWidth: 0 })
}

/** Names in it. */
export function hasContainer(text: string, name: string): boolean {
  return parse(text).hasIn(['services', name])
}

/** `COMPOSE_FILE` of `.env`, so that plain `docker compose` reads both. */
export function composeFiles(current: string | undefined): string {
  const files = (current ?? '').split(':').filter((file) => file !== '')
  if (files.includes(COMPOSE_OWN)) return files.join(':')
  return [...(files.length === 0 ? ['compose.yaml'] : files), COMPOSE_OWN].join(':')
}

function parse(text: string): Document {
  const document = parseDocument(text)
  const [error] = document.errors
  if (error !== undefined) throw new CliError(`${COMPOSE_OWN} is not YAML: ${error.message}`)
  return document
}

/** Plain values in a document without any content have no place yet. */
function setIn(document: Document, path: readonly string[], value: unknown): void {
  if (!isMap(document.contents)) document.contents = document.createNode({}) as never
  document.setIn(path, document.createNode(value))
}

function toContainer(name: string, { facts, internet }: ImageContainer): object {
  const variables = facts.variables.filter((variable) => !NOT_PASSED.has(variable))
  const passed = [...variables, ...(internet ? PROXY_VARIABLES : [])]
  return {
    extends: { file: 'services/image.yaml', service: internet ? 'online' : 'offline' },
    image: `\${COMPOSE_PROJECT_NAME:-mcp-oauth-gateway}-${name}:\${GATEWAY_IMAGE_TAG:-latest}`,
    build: { args: { IMAGE: facts.pinned } },
    ...(passed.length > 0 && { environment: { MCP_RUNNER_PASSED: passed.join(',') } }),
    volumes: [`run-${name}:/run/runner`, `data-${name}:/data`],
  }
}

interface Mount {
  readonly type: 'volume'
  readonly source: string
  readonly target: string
  readonly read_only: boolean
  readonly volume: { readonly nocopy: true }
}

/** Who else has its volumes: the bridge asks its runner, and backups read what it keeps for people. */
function mountsOf(name: string): readonly (readonly [service: string, mount: Mount])[] {
  const [run, data] = volumesOf(name)
  const kept = toMount(data, `/state/volumes/${name}`, true)
  return [
    ['mcp-bridge', toMount(run, `/run/runners/${name}`, true)],
    ['backup', kept],
    ['cli', { ...kept, read_only: false }],
  ]
}

function toMount(source: string, target: string, read_only: boolean): Mount {
  return { type: 'volume', source, target, read_only, volume: { nocopy: true } }
}

function volumesOf(name: string): readonly [string, string] {
  return [`run-${name}`, `data-${name}`]
}
