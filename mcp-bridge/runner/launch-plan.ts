/**
 * What exactly is started for one person: texts expanded, folders named.
 *
 * Nothing of a request ever becomes an argument.
 */

import type { Service } from '../../lib/catalogue/service.ts'
import { expandTemplate } from '../../lib/catalogue/templates.ts'
import { type Environment, readText } from '../../lib/platform/environment.ts'
import type { LaunchOrder } from './host.ts'
import { toUserId } from './user-id.ts'

export interface LaunchPlan extends LaunchOrder {}

/** Whom a process works for; a shared one for nobody in particular. */
export interface Person {
  readonly userId: string
  readonly userName: string
}

export interface LaunchPlace {
  /** The bridge's own environment, for `${secret.NAME}`. */
  readonly environment: Environment
  /** Where the host keeps what the service stores. */
  readonly dataFolder: string
}

/**
 * What replaces the templates of a service's texts.
 * @param ownSecrets what the person has entered for this service.
 * @param noteSecret is told each secret that was put into a text.
 * @returns a function that throws RangeError naming the template that has no value.
 */
export function createExpand(
  { userSecrets }: Pick<Service, 'userSecrets'>,
  person: Person | undefined,
  { environment, dataFolder }: LaunchPlace,
  ownSecrets: ReadonlyMap<string, string>,
  noteSecret: (secret: string) => void = () => {},
): (text: string) => string {
  const secretOf = (secret: string): string | undefined => {
    // Never the operator's in the place of a person's.
    const isOwn = Object.hasOwn(userSecrets, secret)
    const value = isOwn ? ownSecrets.get(secret) : readText(secret, environment)
    if (value !== undefined) noteSecret(value)
    return value
  }
  return (text) =>
    expandTemplate(text, (template) => {
      if (template === 'data') return dataFolder
      if (template === 'user.id') return person && toUserId(person.userId)
      if (template === 'user.name') return person?.userName
      return secretOf(template.replace(/^secret\./, ''))
    })
}

/**
 * Of a program.
 * @throws RangeError naming the template that has no value.
 */
export function planLaunch(
  service: Service,
  person: Person | undefined,
  place: LaunchPlace,
  ownSecrets: ReadonlyMap<string, string>,
): LaunchPlan {
  const secrets = new Set<string>()
  const expand = createExpand(service, person, place, ownSecrets, (secret) => secrets.add(secret))
  const { dataFolder } = place
  const { name, launch, folders, stopCommand, isolation, limits } = service
  if (launch.kind === 'remote') throw new TypeError(`${name} is no program`)
  return {
    service: name,
    owner: person && toUserId(person.userId),
    command: launch.command,
    args: launch.args.map(expand),
    env: mapValues(launch.env, expand),
    cwd: launch.cwd === undefined ? dataFolder : expand(launch.cwd),
    folders: [dataFolder, ...folders.map(expand)],
    stopCommand: stopCommand?.map(expand),
    // Its process runs under a lease.
    isLent: isolation !== 'session',
    frameBytesMax: limits.messageBytes,
    // Last: all texts are expanded.
    secrets: [...secrets],
  }
}

function mapValues(
  texts: Readonly<Record<string, string>>,
  change: (text: string) => string,
): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, change(text)]))
}
