/** The completion script for fish, with descriptions. */

import { oneLine, quoteForFish as quote } from './quote.ts'
import type { CommandRow, OptionRow, Values } from './tree.ts'

/** @param program what asks for values: an interpreter and a file, each a word. */
export function toFish(rows: readonly CommandRow[], program: readonly string[]): string {
  const commands = rows.slice(1).map(({ path }) => quote(path.join(' ')))
  return `# fish completion for gateway: gateway completion fish | source
function __gateway_values
    ${program.map(quote).join(' ')} completion values $argv[1] 2>/dev/null
end

function __gateway_at
    set -l at
    for word in (commandline -opc)[2..-1]
        set -l next (string trim -- "$at $word")
        contains -- $next ${commands.join(' ')}; and set at $next
    end
    test "$at" = "$argv[1]"
end

complete -c gateway -e
complete -c gateway -f
${rows.flatMap(toLines).join('\n')}
`
}

function toLines({ path, commands, options, values }: CommandRow): string[] {
  const begin = `complete -c gateway -n ${quote(`__gateway_at ${quote(path.join(' '))}`)}`
  return [
    ...commands.map(
      ({ name, description }) => `${begin} -a ${quote(name)} -d ${quote(oneLine(description))}`,
    ),
    ...(commands.length > 0 || values === undefined ? [] : [`${begin}${offered(values)}`]),
    ...options.map((option) => `${begin}${toOption(option)}`),
  ]
}

function toOption({ name, short, description, takesValue, values }: OptionRow): string {
  return [
    name.startsWith('--') ? ` -l ${name.slice(2)}` : ` -s ${name.slice(1)}`,
    short === undefined ? '' : ` -s ${short}`,
    takesValue ? (values === 'file' ? ' -r -F' : ' -x') : '',
    takesValue && values !== undefined && values !== 'file' ? offered(values) : '',
    ` -d ${quote(oneLine(description))}`,
  ].join('')
}

function offered(values: Exclude<Values, undefined>): string {
  if (values === 'file') return ' -F'
  const list = 'kind' in values ? `(__gateway_values ${values.kind})` : values.choices.join(' ')
  return ` -a ${quote(list)}`
}
