/** How a secret is known that stands in an argument or a text: by what it is called, or by what it looks like. */

/** Wider than what hides a variable: whoever writes an argument calls it as they like. */
const SECRET_NAME =
  /key|token|secret|passw|credential|auth|cookie|bearer|private|dsn|(?:^|[_-])pat$/i
/** A scheme, a JWT, a well-known prefix, a password in a list of settings, or an address with one. */
const SECRET_VALUE =
  /(?:^|:\s*)(?:bearer|basic|token)\s|\b(?:bearer|basic) +\S|\beyJ[\w-]{8,}\.[\w-]+\.|^(?:gh[opsur]_|github_pat_|sk-|xox[abpr]-|glpat-|AKIA|AIza)\w|\b(?:password|passwd|pwd|secret|token|api[-_]?key)=[^\s&;$]|:\/\/[^/\s:@]*:[^/\s@]+@/i
/** As a header is written in one argument: `X-Api-Key: abc`. */
const HEADER = /^([A-Za-z][\w-]*):\s+(?=\S)/
const TIGHT_HEADER = /^([A-Za-z][\w-]*):(?!\/\/)\s*(?=\S)/
const HEADER_OPTION = /^(?:-H|--?headers?)$/

export interface ReadArgument {
  /** What stands before the value: `--name=`, `X-Api-Key: `. */
  readonly start: string
  readonly name: string
  readonly value: string
}

/** `--name=value` or `NAME=value`, the value behind `--name`, a header, or a value by itself. */
export function readArgument(argument: string, before = ''): ReadArgument {
  const [, start = '', name = ''] = /^((?:--?)?([\w-]+)=)/.exec(argument) ?? []
  const value = argument.slice(start.length)
  const isHeader = HEADER_OPTION.test(start === '' ? before : start.slice(0, -1))
  const [head = '', header = ''] = (isHeader ? TIGHT_HEADER : HEADER).exec(value) ?? []
  if (header !== '') return { start: start + head, name: header, value: value.slice(head.length) }
  if (start !== '') return { start, name, value }
  const [, flag = ''] = /^--?([\w-]+)$/.exec(before) ?? []
  return { start, name: argument.startsWith('-') ? '' : flag, value }
}

export function isSecretWord(name: string): boolean {
  return SECRET_NAME.test(name)
}

export function looksSecret(text: string): boolean {
  return SECRET_VALUE.test(text)
}
