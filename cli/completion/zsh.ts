/** The completion script for zsh, with descriptions. */

import { at, commandPatterns, optionPatterns } from './patterns.ts'
import { oneLine, quote } from './quote.ts'
import type { CommandRow, Named, Values } from './tree.ts'

/** @param program what asks for values: an interpreter and a file, each a word. */
export function toZsh(rows: readonly CommandRow[], program: readonly string[]): string {
  return `#compdef gateway
# zsh completion for gateway: source <(gateway completion zsh), after compinit
_gateway_values() {
  local -a found
  found=(\${(f)"$(${program.map(quote).join(' ')} completion values $1 2>/dev/null)"})
  _describe -t values value found
}

_gateway() {
  local at='' i
  local -a found
  for ((i = 2; i < CURRENT; i++)); do
    case "$at $words[i]" in
      (${commandPatterns(rows)}) at="$at $words[i]" ;;
    esac
  done
  case "$at|$words[CURRENT-1]" in
${rows.flatMap(optionCases).join('\n')}
  esac
  case "$at" in
${rows.map(commandCase).join('\n')}
  esac
}
compdef _gateway gateway
`
}

function optionCases(row: CommandRow): string[] {
  return optionPatterns(row).map(
    ({ patterns, values }) => `    (${patterns}) ${describeValues(values)}; return ;;`,
  )
}

function commandCase({ path, commands, options, values }: CommandRow): string {
  const others = commands.length > 0 ? describeAll('command', commands) : describeValues(values)
  return `    (${quote(at(path))})
      if [[ $words[CURRENT] == -* ]]; then ${describeAll('option', options)}; else ${others}; fi ;;`
}

function describeValues(values: Values): string {
  if (values === undefined) return ':'
  if (values === 'file') return '_files'
  if ('kind' in values) return `_gateway_values ${values.kind}`
  return describeAll(
    'value',
    values.choices.map((name) => ({ name, description: '' })),
  )
}

/** `name:description`, as `_describe` wants it. */
function describeAll(tag: string, all: readonly Named[]): string {
  const entries = all.map(({ name, description }) => {
    const words = oneLine(description)
    return quote(`${name.replaceAll(':', '\\:')}${words === '' ? '' : `:${words}`}`)
  })
  return `found=(${entries.join(' ')}); _describe -t ${tag}s ${tag} found`
}
