/** What clients write as `${…}`, in the gateway's words. */

import { OIDC_SECRET } from '../../../lib/catalogue/provider-variables.ts'
import { isReservedSecret } from '../../../lib/catalogue/secret-names.ts'

export interface ClientPlace {
  readonly home: string
  /** What `${workspaceFolder}` means. */
  readonly project: string
  /** The gateway's name for what the client would ask its person for. */
  readonly nameOfInput: (id: string) => string
}

export type Converted = { readonly text: string } | { readonly problem: string }

const TEMPLATE = /\$\{([^}]*)\}/g
const VARIABLE = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s
const USABLE = /^[A-Z][A-Z0-9_]*$/

export function convertText(text: string, place: ClientPlace): Converted {
  const problems: string[] = []
  const converted = text.replaceAll(TEMPLATE, (whole, inside: string) => {
    const found = convert(inside, place)
    if ('text' in found) return found.text
    problems.push(`${whole} ${found.problem}`)
    return whole
  })
  const [problem] = problems
  return problem === undefined ? { text: converted } : { problem }
}

function convert(inside: string, { home, project, nameOfInput }: ClientPlace): Converted {
  const fixed: Readonly<Record<string, string>> = {
    userHome: home,
    'env:HOME': home,
    HOME: home,
    workspaceFolder: project,
    workspaceRoot: project,
    pathSeparator: '/',
    '/': '/',
  }
  const known = Object.hasOwn(fixed, inside) ? fixed[inside] : undefined
  if (known !== undefined) return { text: known }
  const [, input] = /^input:(.+)$/.exec(inside) ?? []
  if (input !== undefined) return { text: toReference(nameOfInput(input)) }
  const [, name, fallback] = VARIABLE.exec(inside) ?? []
  if (name === undefined) return { problem: 'means something to that client alone' }
  if (fallback !== undefined) return { text: fallback }
  if (!USABLE.test(name)) return { problem: 'is no name that the gateway can use: A-Z, 0-9 and _' }
  if (isReservedSecret(name) || name === OIDC_SECRET)
    return { problem: 'is a key of the gateway itself' }
  return { text: toReference(name) }
}

export function toReference(name: string): string {
  return `\${secret.${name}}`
}
