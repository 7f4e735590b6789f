/**
 * What exactly is started for one person: texts expanded, folders named, environment chosen.
 *
 * Nothing of the gateway's own environment travels but what is listed, and nothing of a request
 * ever becomes an argument.
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expandTemplate, type Service } from '../../lib/catalogue/service.ts'
import { type Environment, readText } from '../../lib/platform/environment.ts'
import { toUserId } from './user-id.ts'

export interface LaunchPlan {
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Made before the launch, for nobody else's eyes. */
  readonly folders: readonly string[]
  /** What the server is told when its roots are fixed. */
  readonly rootFolders: readonly string[]
}

/** Whom a process works for; a shared one for nobody in particular. */
export interface Person {
  readonly userId: string
  readonly userName: string
}

export interface Surroundings {
  /** The bridge's own environment, for the listed names and `${secret.NAME}`. */
  readonly environment: Environment
  readonly stateDirectory: string
  /** Added to every child: how the supervisor finds what escaped. */
  readonly gatewayMarker: string
}

const INHERITED = /^(?:PATH|HOME|LANG|LC_[A-Z]+|TZ|TMPDIR)$/

/**
 * @param ownSecrets what the person has entered for this service.
 * @throws RangeError naming the template that has no value.
 */
export function planLaunch(
  service: Service,
  person: Person | undefined,
  surroundings: Surroundings,
  ownSecrets: ReadonlyMap<string, string>,
): LaunchPlan {
  const { name, launch, folders, rootFolders } = service
  const data = join(surroundings.stateDirectory, 'services', name)
  const secretOf = (secret: string): string | undefined =>
    // Never the operator's in the place of a person's.
    Object.hasOwn(service.userSecrets, secret)
      ? ownSecrets.get(secret)
      : readText(secret, surroundings.environment)
  const expand = (text: string): string =>
    expandTemplate(text, (template) => {
      if (template === 'data') return data
      if (template === 'user.id') return person && toUserId(person.userId)
      if (template === 'user.name') return person?.userName
      return secretOf(template.replace(/^secret\./, ''))
    })
  const cwd = launch.cwd === undefined ? data : expand(launch.cwd)
  return {
    command: launch.command,
    args: launch.args.map(expand),
    env: {
      ...inherited(surroundings.environment),
      ...mapValues(launch.env, expand),
      MCP_GATEWAY_INSTANCE: surroundings.gatewayMarker,
    },
    cwd,
    folders: [data, ...folders.map(expand)],
    rootFolders: rootFolders.map(expand),
  }
}

export function makeFolders({ folders }: LaunchPlan): void {
  for (const folder of folders) mkdirSync(folder, { recursive: true, mode: 0o700 })
}

function inherited(environment: Environment): Record<string, string> {
  const kept = Object.entries(environment).filter(([name]) => INHERITED.test(name))
  return Object.fromEntries(kept.map(([name, value]) => [name, value ?? '']))
}

function mapValues(
  texts: Readonly<Record<string, string>>,
  change: (text: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, change(text)]))
}
