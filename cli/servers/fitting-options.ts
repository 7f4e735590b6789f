/** What is asked for of a server has to mean something for one of its kind: nothing is left out in silence. */

import { CliError, EXIT_CODE } from '../cli-error.ts'
import type { AddOptions } from './add-server.ts'
import type { Reference } from './reference.ts'

type Kind = Reference['kind']

/** By option, for what it means something. */
const MEANT_FOR = {
  bin: { flag: '--bin', kinds: ['package'] },
  env: { flag: '--env', kinds: ['package', 'image'] },
  header: { flag: '--header', kinds: ['url'] },
  privateAddresses: { flag: '--private-addresses', kinds: ['url'] },
  internet: { flag: '--internet', kinds: ['image'] },
} as const satisfies Partial<Record<keyof AddOptions, { flag: string; kinds: readonly Kind[] }>>

const WORDS: Readonly<Record<Kind, string>> = {
  package: 'a package',
  image: 'an image',
  url: 'a server elsewhere',
}

/** @throws CliError for the first one that means nothing. */
export function requireFitting(
  { kind }: Reference,
  args: readonly string[],
  options: Partial<AddOptions>,
): void {
  const unfit = Object.entries(MEANT_FOR).find(
    ([name, { kinds }]) =>
      options[name as keyof typeof MEANT_FOR] !== undefined &&
      !kinds.some((one: Kind) => one === kind),
  )
  if (unfit !== undefined) {
    const [, { flag, kinds }] = unfit
    const meant = kinds.map((one: Kind) => WORDS[one]).join(' or ')
    throw new CliError(`${flag} means nothing for ${WORDS[kind]}.`, {
      exitCode: EXIT_CODE.usage,
      nextStep: `leave it out: it is for ${meant}`,
    })
  }
  if (kind !== 'url' || args.length === 0) return
  throw new CliError('A server elsewhere takes no arguments: nothing is started here.', {
    exitCode: EXIT_CODE.usage,
    nextStep: "leave them out; --header 'Name: text' is sent along",
  })
}
