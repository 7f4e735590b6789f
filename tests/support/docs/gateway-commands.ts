/** What pages say about the `gateway` command, held against the commands that there are. */

import type { Command } from 'commander'
import { createProgram } from '../../../cli/program.ts'
import type { Page } from './pages.ts'
import { toCommands } from './shell-words.ts'

/** How it is called, without installation, with it, and in a container. */
const WAYS: readonly (readonly [RegExp, string])[] = [
  [/^npm run (?:--silent )?gateway(?: --)? ?/, ''],
  [/^npm start --(?: |$)/, 'start '],
  [/^docker compose run --rm (?:-T )?(?=setup|status)/, ''],
  [/^gateway(?: |$)/, ''],
]

const program = createProgram(() => {
  throw new Error('nothing is run')
})

/** Faults of a page, one for each command that does not exist. */
export function unknownCommands({ path, blocks, prose }: Page): string[] {
  const inBlocks = blocks
    .filter(({ language }) => language === 'sh')
    .flatMap(({ source }) => toCommands(source))
  const inProse = [...prose.matchAll(/`([^`\n]+)`/g)].flatMap(([, text = '']) => toCommands(text))
  return [...inBlocks, ...inProse].flatMap((words) => {
    const fault = faultOf(words)
    return fault === undefined ? [] : [`${path}: ${words.join(' ')}: ${fault}`]
  })
}

function faultOf(words: readonly string[]): string | undefined {
  const line = words.join(' ')
  const way = WAYS.find(([pattern]) => pattern.test(line))
  if (way === undefined) return undefined
  const [command, rest] = descend(program, line.replace(way[0], way[1]).split(' '))
  const [next = ''] = rest
  // A noun alone stands for all of its verbs; a placeholder or several verbs at once for some.
  const isVerbNeeded = command.commands.length > 0 && command.registeredArguments.length === 0
  if (isVerbNeeded && /^[a-z]/.test(next) && !isAlternatives(command, next)) {
    return `there is no ${command.name()} ${next}`
  }
  return optionsIn(rest).find((option) => !knows(command, option))
}

function descend(command: Command, words: readonly string[]): [Command, readonly string[]] {
  const [first = '', ...rest] = words
  const below = command.commands.find((one) => one.name() === first)
  return below === undefined ? [command, words] : descend(below, rest)
}

/** `show|update|delete`: all of them exist. */
function isAlternatives(command: Command, word: string): boolean {
  return word.split('|').every((name) => command.commands.some((one) => one.name() === name))
}

/** Those behind a lone `--` are another program's. */
function optionsIn(words: readonly string[]): string[] {
  const end = words.indexOf('--')
  const own = end === -1 ? words : words.slice(0, end)
  return own.filter((word) => /^--?[a-z]/.test(word)).map((word) => word.replace(/[=|].*/, ''))
}

function knows(command: Command, option: string): boolean {
  if (['--help', '-h'].includes(option)) return true
  const lineage = [command, ...ancestorsOf(command)]
  return lineage.some(({ options }) =>
    options.some(({ long, short }) => long === option || short === option),
  )
}

function ancestorsOf({ parent }: Command): Command[] {
  return parent === null ? [] : [parent, ...ancestorsOf(parent)]
}

/** Commands that ask before they destroy are told that it is meant. */
export function withYes(source: string): string {
  return toCommands(source)
    .filter(([name]) => name === 'gateway')
    .reduce((text, [, ...words]) => {
      const [command, rest] = descend(program, words)
      const asks = command.options.some(({ long }) => long === '--yes') && !rest.includes('--yes')
      const path = ['gateway', ...words.slice(0, words.length - rest.length)].join(' ')
      // The same command may stand there twice.
      const isTold = text.includes(`${path} --yes`)
      return asks && !isTold ? text.replaceAll(path, `${path} --yes`) : text
    }, source)
}
