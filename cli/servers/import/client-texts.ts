/** What clients write as `${…}`, in the gateway's words. */

import { OIDC_SECRET } from '../../../lib/catalogue/provider-variables.ts'
import { isReservedSecret, secretNamesIn } from '../../../lib/catalogue/secret-names.ts'

export interface ClientPlace {
  readonly home: string
  /** What `${workspaceFolder}` means. */
  readonly project: string
  /** The gateway's name for what the client would ask its person for. */
  readonly nameOfInput: (id: string) => string
  /** Of a variable of the operator's; undefined when it is not set. */
  readonly lookUp: (name: string) => string | undefined
}

export type Converted =
  | {
      readonly text: string
      /** Variables whose values now stand in it for everybody to read. */
      readonly writtenOut?: readonly string[]
    }
  | { readonly problem: string }

const TEMPLATE = /\$\{([^}]*)\}/g
const VARIABLE = /^(?:env:)?([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s
const USABLE = /^[A-Z][A-Z0-9_]*$/
const REFERENCE = /\$\{secret\.([A-Z][A-Z0-9_]*)\}/g

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

/** For a command or an address, in which the gateway knows no words: what stands for something is written out. */
export function writeOut(text: string, place: ClientPlace): Converted {
  const converted = convertText(text, place)
  if ('problem' in converted) return converted
  const missing = secretNamesIn([converted.text]).find((name) => place.lookUp(name) === undefined)
  if (missing !== undefined) {
    return { problem: `its command or address needs ${missing}, which is not set here` }
  }
  const writtenOut = secretNamesIn([converted.text])
  return {
    text: converted.text.replaceAll(
      REFERENCE,
      (whole, name: string) => place.lookUp(name) ?? whole,
    ),
    ...(writtenOut.length > 0 && { writtenOut }),
  }
}

function convert(inside: string, place: ClientPlace): Converted {
  const { home, project, nameOfInput, lookUp } = place
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
  // Of a variable that is not set, or is empty, as in a shell.
  if (fallback !== undefined && (lookUp(name) ?? '') === '') return { text: fallback }
  if (!USABLE.test(name)) return { problem: 'is no name that the gateway can use: A-Z, 0-9 and _' }
  if (isReservedSecret(name) || name === OIDC_SECRET)
    return { problem: 'is a key of the gateway itself' }
  return { text: toReference(name) }
}

export function toReference(name: string): string {
  return `\${secret.${name}}`
}
