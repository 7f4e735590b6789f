/** What of docs/requirements.md tells of mutations: protections taken out, and whether a test noticed. */

import { REQUIREMENTS } from '../../tests/conformance/requirements.ts'
import { changesOf, type Mutation } from '../../tests/mutations/mutation.ts'
import { MUTATIONS } from '../../tests/mutations/mutations.ts'
import { readResults } from '../../tests/mutations/results.ts'
import { table } from './markdown.ts'

export function mutationSection(): string[] {
  const results = readResults()
  const verdictOf = ({ takesOut }: Mutation): string => {
    const result = results[takesOut]
    return result === undefined ? 'not run yet' : `${result.verdict}, ${result.on}`
  }
  const noticed = MUTATIONS.filter(({ takesOut }) => results[takesOut]?.verdict === 'noticed')
  const survivors = MUTATIONS.filter(({ survivedUntil }) => survivedUntil !== undefined)
  const drawn = MUTATIONS.flatMap(({ drawnFor }) => drawnFor ?? [])
  return [
    '## Mutations',
    `${MUTATIONS.length} protections are taken out of a copy of the code by \`npm run test:mutations\`, one at a time, and the test that is
named has to fail. In their last runs ${noticed.length} were noticed. ${survivors.length} of them were not when they were first tried: what was
done about those stands below. ${drawn.length} are of rows that were drawn at random: ${drawn.join(', ')}.
\`node tests/mutations/draw.ts COUNT SEED\` draws rows whose code may be mutated next.`,
    table(
      ['not so any more', 'file', 'noticed by', 'last run'],
      MUTATIONS.map((mutation) => [
        mutation.takesOut,
        [...new Set(changesOf(mutation).map(({ file }) => `\`${file}\``))].join(', '),
        tellTest(mutation),
        verdictOf(mutation),
      ]),
    ),
    '### Those that survived at first',
    table(
      ['not so any more', 'what was done'],
      survivors.map(({ takesOut, survivedUntil = '' }) => [takesOut, survivedUntil]),
    ),
  ]
}

function tellTest({ noticedBy, test }: Mutation): string {
  const name = noticedBy in REQUIREMENTS ? `[${noticedBy}](#${noticedBy})` : noticedBy
  return `${name} in [${test.replace(/^tests\//, '')}](../${test})`
}
