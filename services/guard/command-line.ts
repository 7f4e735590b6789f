/** What the guard is asked to start, and what becomes of `{proxy}` and its like in it. */

import type { Environment } from '../../lib/platform/environment.ts'

export interface Command {
  readonly program: string
  readonly args: readonly string[]
}

/**
 * @param argv of the process, without Node and the script: `-- COMMAND ARGS…`.
 * @throws Error in a sentence when there is no command.
 */
export function readCommand(argv: readonly string[]): Command {
  const [dashes, program, ...args] = argv
  if (dashes === '--' && program !== undefined) return { program, args }
  throw new Error('what to start is missing: guard -- COMMAND ARGS…')
}

export interface Findings {
  /** URL of the proxy. */
  proxy(): string
  /** Path of the browser. */
  chromium(): string
  /** `sandbox` or `no-sandbox`, whichever the browser can bear here. */
  sandbox(): string
  /** The folder of the services, for the files they bring along. */
  services(): string
}

const PLACEHOLDER = /\{(proxy|chromium|sandbox|services)\}/g

/** @param findings asked for what is named only. */
export function fillIn(args: readonly string[], findings: Findings): string[] {
  return args.map((arg) =>
    arg.replaceAll(PLACEHOLDER, (_, name: keyof Findings) => findings[name]()),
  )
}

/** Programs look for a proxy under several names; an exception inherited from us would be a hole. */
export function withProxy(environment: Environment, proxy: string): Environment {
  return {
    ...environment,
    ...inBothCases('http_proxy', proxy),
    ...inBothCases('https_proxy', proxy),
    ...inBothCases('all_proxy', proxy),
    ...inBothCases('no_proxy', ''),
    // Node itself heeds them only then.
    NODE_USE_ENV_PROXY: '1',
  }
}

function inBothCases(name: string, value: string): Record<string, string> {
  return { [name]: value, [name.toUpperCase()]: value }
}
