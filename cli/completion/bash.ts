/** The completion script for bash, 3.2 and newer. */

import { at, commandPatterns, optionPatterns } from './patterns.ts'
import { quote } from './quote.ts'
import type { CommandRow, OptionRow, Values } from './tree.ts'

/** @param program what asks for values: an interpreter and a file, each a word. */
export function toBash(rows: readonly CommandRow[], program: readonly string[]): string {
  return `# bash completion for gateway: source <(gateway completion bash)
_gateway_values() { ${program.map(quote).join(' ')} completion values "$1" 2>/dev/null; }

_gateway_files() {
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}

_gateway() {
  local at='' i cur="\${COMP_WORDS[COMP_CWORD]}" words=''
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$at \${COMP_WORDS[i]}" in
      ${commandPatterns(rows)}) at="$at \${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at|\${COMP_WORDS[COMP_CWORD - 1]}" in
${rows.flatMap(optionCases).join('\n')}
    *)
      case "$at" in
${rows.map(commandCase).join('\n')}
      esac
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _gateway gateway
`
}

/** After an option that takes a value, values alone. */
function optionCases(row: CommandRow): string[] {
  return optionPatterns(row).map(
    ({ patterns, values }) => `    ${patterns}) ${valueWords(values)} ;;`,
  )
}

function commandCase({ path, commands, options, values }: CommandRow): string {
  const names = commands.map(({ name }) => name).join(' ')
  const others = commands.length > 0 ? `words=${quote(names)}` : valueWords(values)
  return `        ${quote(at(path))}) if [[ $cur == -* ]]; then words=${quote(optionNames(options))}; else ${others}; fi ;;`
}

function optionNames(options: readonly OptionRow[]): string {
  return options.map(({ name }) => name).join(' ')
}

function valueWords(values: Values): string {
  if (values === undefined) return 'return'
  if (values === 'file') return '{ _gateway_files; return; }'
  if ('choices' in values) return `words=${quote(values.choices.join(' '))}`
  return `words=$(_gateway_values ${values.kind})`
}
