/** Reads a robots.txt and tells what it says of a path (RFC 9309 section 2.2). */

export interface RobotsRules {
  /** @param path with its query. @param userAgent whose first word counts. */
  allows(path: string, userAgent: string): boolean
}

interface Rule {
  readonly isAllowed: boolean
  readonly pattern: string
}

interface Group {
  /** In lower case. */
  readonly agents: string[]
  readonly rules: Rule[]
}

const LINES_MAX = 20_000

export function readRobots(text: string): RobotsRules {
  const groups = readGroups(text)
  return {
    allows(path, userAgent) {
      const [token = ''] = /^[a-z_-]*/i.exec(userAgent) ?? []
      return decide(rulesFor(groups, token.toLowerCase()), path)
    },
  }
}

function readGroups(text: string): Group[] {
  const groups: Group[] = []
  for (const line of text.split(/\r\n?|\n/, LINES_MAX)) {
    // No pattern: a line may be long, and is a stranger's.
    const [said = ''] = line.split('#', 1)
    const colon = said.indexOf(':')
    if (colon === -1) continue
    addLine(groups, said.slice(0, colon).trim().toLowerCase(), said.slice(colon + 1).trim())
  }
  return groups
}

/** Agents that follow each other share the rules that follow them. */
function addLine(groups: Group[], key: string, value: string): void {
  const last = groups.at(-1)
  if (key === 'user-agent') {
    const agent = value.toLowerCase()
    if (last !== undefined && last.rules.length === 0) last.agents.push(agent)
    else groups.push({ agents: [agent], rules: [] })
  } else if (key === 'allow' || key === 'disallow') {
    last?.rules.push({ isAllowed: key === 'allow', pattern: value })
  }
}

/** Of all groups for this agent together; if there is none, of those for everybody. */
function rulesFor(groups: readonly Group[], token: string): readonly Rule[] {
  const own = groups.filter(({ agents }) => token !== '' && agents.includes(token))
  const chosen = own.length > 0 ? own : groups.filter(({ agents }) => agents.includes('*'))
  return chosen.flatMap(({ rules }) => rules)
}

/** The longest pattern that fits; of two as long the one that allows. An empty one says nothing. */
function decide(rules: readonly Rule[], path: string): boolean {
  let best: Rule | undefined
  for (const rule of rules) {
    const { pattern, isAllowed } = rule
    const length = best?.pattern.length ?? 0
    const isBetter = pattern.length > length || (pattern.length === length && isAllowed)
    if (pattern !== '' && isBetter && matches(pattern, path)) best = rule
  }
  return best?.isAllowed ?? true
}

/** `*` is any characters, `$` at the end the end. Without regular expressions: the pattern is a stranger's. */
function matches(pattern: string, path: string): boolean {
  const isWhole = pattern.endsWith('$')
  const parts = (isWhole ? pattern.slice(0, -1) : pattern).split('*')
  const [first = '', ...rest] = parts
  if (!path.startsWith(first)) return false
  const last = isWhole ? rest.pop() : undefined
  let at = first.length
  for (const part of rest) {
    const found = path.indexOf(part, at)
    if (found === -1) return false
    at = found + part.length
  }
  if (!isWhole) return true
  return last === undefined
    ? at === path.length
    : path.length - last.length >= at && path.endsWith(last)
}
