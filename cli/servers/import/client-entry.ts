/** A client's entry as one of the gateway's: what it starts or asks stays, what only the client needs goes. */

import { REMOTE_TRANSPORT_WORDS } from '../../../lib/catalogue/remote-launch.ts'
import type { ServiceDefinition } from '../../../lib/catalogue/service-definition.ts'
import { isObject, type JsonObject } from '../../../lib/platform/json.ts'
import { type ClientPlace, type Converted, convertText, writeOut } from './client-texts.ts'

export interface ConvertedEntry {
  readonly definition: ServiceDefinition
  /** What a person should know of it. */
  readonly notes: readonly string[]
}

export type EntryReading = ConvertedEntry | { readonly problem: string }

const OWN_VARIABLE = /\$\{(\w+)\}/g

/** Where clients write the address. */
const ADDRESSES = ['url', 'serverUrl', 'httpUrl']
/** Read here, or of no use to a gateway. */
const HANDLED = new Set(
  (
    `command args env cwd headers type transport description disabled enabled ${ADDRESSES.join(' ')} ` +
    'alwaysAllow autoApprove disabledTools excludeTools includeTools icon timeout trust gallery version name ' +
    'source settings sandboxEnabled dev initTimeout startup_timeout_sec tool_timeout_sec ' +
    'http_headers bearer_token_env_var'
  ).split(' '),
)

export function readClientEntry(entry: JsonObject, place: ClientPlace): EntryReading {
  const plain = unwrap(entry)
  const address = addressOf(plain)
  const command = plain['command']
  if (address === undefined && typeof command !== 'string') {
    return { problem: 'it has neither a command nor an address' }
  }
  const raw = address === undefined ? toProgram(plain, command) : toRemote(plain, address)
  const converted = convertAll({ ...raw, ...common(plain) }, place)
  if ('problem' in converted) return converted
  const unread = Object.keys(plain).filter((name) => !HANDLED.has(name))
  const notes = [
    ...unread.map((name) => `${name} is the client's and is left out`),
    ...writtenOutNotes([...converted.writtenOut, ...filledNames(plain)]),
    ...commandNotes(converted.definition),
  ]
  return { definition: converted.definition, notes }
}

/** Undefined for a program. */
export function addressOf(entry: JsonObject): string | undefined {
  const found = ADDRESSES.map((name) => entry[name]).find((value) => typeof value === 'string')
  return typeof found === 'string' ? found : undefined
}

/** Zed writes the program into a block of its own; on Windows a shell stands before it. */
function unwrap(entry: JsonObject): JsonObject {
  const { command } = entry
  if (isObject(command)) {
    return { ...entry, command: command['path'], args: command['args'], env: command['env'] }
  }
  const [option, program, ...args] = toTexts(entry['args'])
  const isShell = typeof command === 'string' && /^cmd(?:\.exe)?$/i.test(command)
  return isShell && option?.toLowerCase() === '/c' ? { ...entry, command: program, args } : entry
}

/** Codex names the variable of a token instead of writing a header. */
function toRemote(entry: JsonObject, url: string): ServiceDefinition {
  const { type, transport = type, headers = entry['http_headers'] } = entry
  const token = entry['bearer_token_env_var']
  const login = typeof token === 'string' ? { Authorization: `Bearer \${${token}}` } : {}
  const all = { ...(isObject(headers) && toWords(headers)), ...login }
  const isKnown = typeof transport === 'string' && REMOTE_TRANSPORT_WORDS.includes(transport)
  return {
    url,
    ...(isKnown && { type: transport }),
    ...(Object.keys(all).length > 0 && { headers: all }),
  }
}

/** mcp-remote stands before an address for clients that know stdio only; the gateway asks it itself. */
function toProgram(entry: JsonObject, command: unknown): ServiceDefinition {
  const args = toTexts(entry['args'])
  const bridged = bridgedBy(args)
  if (bridged !== undefined) {
    const env = toWords(entry['env'])
    return { url: fill(bridged.url, env), ...headersOf(bridged.rest, env) }
  }
  const { cwd, env } = entry
  return {
    command: String(command),
    ...(args.length > 0 && { args }),
    ...(isObject(env) && Object.keys(env).length > 0 && { env: toWords(env) }),
    ...(typeof cwd === 'string' && cwd !== '' && { cwd }),
  }
}

/** Undefined for a program that is no bridge. */
function bridgedBy(args: readonly string[]): { url: string; rest: string[] } | undefined {
  const at = args.findIndex((arg) => /^mcp-remote(?:@\S+)?$/.test(arg))
  const url = at < 0 ? undefined : args[at + 1]
  if (url === undefined || !/^https?:\/\//.test(url)) return undefined
  return { url, rest: args.slice(at + 2) }
}

/** The entry's own variables that its bridged address is made of. */
function filledNames(entry: JsonObject): string[] {
  const { url = '' } = bridgedBy(toTexts(entry['args'])) ?? {}
  const env = toWords(entry['env'])
  return [...url.matchAll(OWN_VARIABLE)].flatMap(([, name = '']) =>
    Object.hasOwn(env, name) ? [name] : [],
  )
}

/** Its `--header Name:text`, where `${NAME}` is of the entry's own variables. */
function headersOf(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Pick<ServiceDefinition, 'headers'> {
  const headers = args.flatMap((arg, index) => {
    const [, name, text = ''] = /^([^:\s]+):\s*(.*)$/.exec(arg) ?? []
    if (args[index - 1] !== '--header' || name === undefined) return []
    return [[name, fill(text, env)] as const]
  })
  return headers.length === 0 ? {} : { headers: Object.fromEntries(headers) }
}

function fill(text: string, env: Readonly<Record<string, string>>): string {
  return text.replaceAll(OWN_VARIABLE, (whole, variable: string) => env[variable] ?? whole)
}

function common({ description, disabled, enabled }: JsonObject): ServiceDefinition {
  const isOff = disabled === true || enabled === false
  return {
    ...(typeof description === 'string' && description !== '' && { description }),
    ...(isOff && { enabled: false }),
  }
}

/** Every text in which a client may have written `${…}`. */
function convertAll(
  definition: ServiceDefinition,
  place: ClientPlace,
): { definition: ServiceDefinition; writtenOut: readonly string[] } | { problem: string } {
  const problems: string[] = []
  const writtenOut: string[] = []
  const noting =
    (convertOne: (text: string, place: ClientPlace) => Converted) =>
    (text: string): string => {
      const found = convertOne(text, place)
      if ('text' in found) {
        writtenOut.push(...(found.writtenOut ?? []))
        return found.text
      }
      problems.push(found.problem)
      return text
    }
  const convert = noting(convertText)
  const plain = noting(writeOut)
  const { command, args, env, cwd, url, headers, ...rest } = definition
  const converted = {
    ...(command !== undefined && { command: plain(command) }),
    ...(args && { args: args.map(convert) }),
    ...(env && { env: mapWords(env, convert) }),
    ...(cwd !== undefined && { cwd: convert(cwd) }),
    ...(url !== undefined && { url: plain(url) }),
    ...(headers && { headers: mapWords(headers, convert) }),
    ...rest,
  }
  const [problem] = problems
  return problem === undefined ? { definition: converted, writtenOut } : { problem }
}

function writtenOutNotes(names: readonly string[]): string[] {
  if (names.length === 0) return []
  const all = [...new Set(names)].join(', ')
  return [`its command or address has ${all} written out in clear: the file knows no other way`]
}

function commandNotes({ command, args = [] }: ServiceDefinition): string[] {
  if (command === 'docker' || command === 'podman') {
    return ['starts a container, which nothing in compose may do: there use gateway add image:…']
  }
  const packaged = args.find((arg) => !arg.startsWith('-'))
  const isLauncher = command === 'npx' || command === 'uvx'
  if (!isLauncher || packaged === undefined || /.@|==/.test(packaged)) return []
  return [`takes the newest ${packaged} at each start: gateway add ${packaged} pins it`]
}

function toTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : []
}

function toWords(value: unknown): Record<string, string> {
  if (!isObject(value)) return {}
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text ?? '')]))
}

function mapWords(
  words: Readonly<Record<string, string>>,
  convert: (text: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(words).map(([name, text]) => [name, convert(text)]))
}
