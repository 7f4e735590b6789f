/** What the command line says, and the next step that stands below it. */

import { plain, table } from '../markdown.ts'
import { findThrown, type Thrown } from '../source.ts'

/** For messages that name no next step: the first that fits. Without one here, a message has to have one in the code. */
const CURES: readonly (readonly [RegExp, string])[] = [
  [
    /cannot be (?:read|written|replaced|made)|No place for sockets/,
    'look at owner and mode of what it names, and at the room on the disk',
  ],
  [
    /is no (?:JSON|TOML)|is not YAML|no JSON object|no configuration/,
    'correct the file, or what was typed, at the place that it names',
  ],
  [/too large/, 'name another file'],
  [/^Nothing was changed|^Left: |^Interrupted/, 'nothing: you said so'],
  [
    /did not let you in|login was denied/,
    'log in as somebody whom the rules let in, or ask whoever runs the server',
  ],
  [/characters: this is none/, 'hand over the token itself'],
  [/It does not count/, 'log in again, or mint another'],
  [/does not understand the question/, 'correct the options as it says'],
  [/login was given up/, 'nothing: whoever wanted it has left'],
  [/Not the newest/, 'do what the lines above it say'],
  [/outdated/, 'decide about each line of the list'],
  [/Not ready/, '`gateway logs` of the part that is named'],
  [/The tool says that it failed/, 'read what the tool said'],
  [
    /answered|is no authorization server metadata|form is not understood/,
    'tell whoever runs that server; `--json` shows what it said',
  ],
]

export function commandLineTable(): string {
  const cells = findRows().map(({ says, cure = '', exitCode }) => [plain(says), cure, exitCode])
  const unique = new Map(cells.map((row) => [row.join(' | '), row]))
  return table(
    ['says', 'what to do', 'exit code'],
    [...unique.values()].sort(([one = ''], [other = '']) => (one < other ? -1 : 1)),
  )
}

/** Where a `nextStep` is missing in the code, or a cure in the list above: `path: message`. */
export function messagesWithoutCure(): string[] {
  return findRows()
    .filter(({ cure }) => cure === undefined)
    .map(({ path, says }) => `${path}: ${says}`)
}

function findRows(): Row[] {
  return findThrown('CliError').flatMap(toRows)
}

interface Row {
  readonly path: string
  readonly says: string
  readonly cure: string | undefined
  readonly exitCode: string
}

/** Messages that are made elsewhere, word for word, are not rows of their own. */
function toRows({ path, words: [messages = [], computed], options }: Thrown): Row[] {
  const steps = computed ?? options.get('nextStep') ?? []
  const exitCode = exitCodeOf(options.get('exitCode') ?? [])
  return messages
    .filter(hasWords)
    .map((says) => ({ path, says, cure: stepIn(steps) ?? cureFor(says), exitCode }))
}

function hasWords(message: string): boolean {
  return /[a-z]{2,} [a-z]/i.test(withoutHoles(message))
}

function stepIn(steps: readonly string[]): string | undefined {
  if (steps.length === 0) return undefined
  const known = steps.filter((step) => withoutHoles(step).trim().length > 2)
  return known.length > 0 ? known.map(plain).join(', or ') : 'what the line below it says'
}

function cureFor(message: string): string | undefined {
  return CURES.find(([pattern]) => pattern.test(message))?.[1]
}

function withoutHoles(text: string): string {
  return text.replaceAll(/‹[^›]*›|…/g, '')
}

const EXIT_CODES: Readonly<Record<string, string>> = {
  '‹ok›': '0',
  '‹failed›': '1',
  '‹usage›': '2',
  '‹not running›': '3',
}

function exitCodeOf(words: readonly string[]): string {
  const codes = words.map((word) => EXIT_CODES[word]).filter((one) => one !== undefined)
  return codes.length === 0 ? '1' : codes.join(', ')
}
