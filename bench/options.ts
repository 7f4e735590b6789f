/** What benchmarks are told on their command lines: each text becomes a value, or an Error says what was expected. */

export type Algorithm = 'ES256' | 'RS256'

export function parseAlgorithms(text: string): readonly Algorithm[] {
  if (text === 'both') return ['ES256', 'RS256']
  if (text === 'ES256' || text === 'RS256') return [text]
  throw new Error(`--algorithm must be ES256, RS256 or both, not ${text}`)
}

/** Names with commas between. */
export function parseMembers<T extends string>(
  name: string,
  text: string,
  all: readonly T[],
): readonly T[] {
  return text.split(',').map((wanted) => {
    const found = all.find((one) => one === wanted)
    if (found === undefined) throw new Error(`--${name} ${wanted}: there is ${all.join(', ')}`)
    return found
  })
}

export function parseCount(name: string, text: string): number {
  const number = Number(text)
  if (Number.isInteger(number) && number > 0) return number
  throw new Error(`--${name} must be a whole number above 0, not ${text}`)
}

export function parsePositive(name: string, text: string): number {
  const number = Number(text)
  if (number > 0) return number
  throw new Error(`--${name} must be a number above 0, not ${text}`)
}
