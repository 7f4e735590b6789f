/** What may be shown of a value: never a secret, nor what could be one. */

import { isSecretWord, looksSecret, readArgument } from './secret-shapes.ts'

export const MASK = '••••'

/** What people call things that nobody else may read. */
const SECRET_NAME =
  /secret|password|passwd|token(?!_lifetime)|credential|authorization|(?:^|api|private|access|[-_])[-_]?key$/i

/** Whether a variable or a member of this name is not to be shown. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}

/** The address without what stands before `@`, and without what a query says. */
function maskAddress(text: string): string {
  const url = URL.parse(text)
  if (url === null) return text
  const isBare = url.username === '' && url.password === '' && url.search === ''
  if (isBare) return text
  if (url.username !== '' || url.password !== '') {
    url.username = ''
    url.password = MASK
  }
  if (url.search !== '') url.search = `?${MASK}`
  return decodeURI(url.href)
}

/** A text of no telling name: masked as far as it looks like a secret. */
export function maskText(text: string): string {
  const masked = maskAddress(text)
  return masked === text && looksSecret(text) ? maskUnlessNamed(text) : masked
}

/** Arguments of a program, in which what stands behind `--token` is as secret as under that name elsewhere. */
export function maskArguments(texts: readonly string[]): string[] {
  return texts.map((text, index) => {
    const { start, name, value } = readArgument(text, texts[index - 1])
    return start + (isSecretWord(name) ? maskUnlessNamed(value) : maskText(value))
  })
}

/** A text in which secrets are named stays: `Bearer ${secret.DOCS}`. Others may be the secret itself. */
export function maskUnlessNamed(text: string): string {
  return /^(?:[A-Za-z]+ )?\$\{[^}]+\}$/.test(text.trim()) ? text : MASK
}
