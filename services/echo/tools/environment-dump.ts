/** `environmentDump`: the surroundings of this server, as far as a stranger may know them. */

import { z } from 'zod'
import type { Environment } from '../../../lib/platform/environment.ts'
import { defineReport } from './tool.ts'

/** Shown with their text. What is not listed is not even named: names tell, too. */
const SHOWN = ['LANG', 'LC_ALL', 'LC_CTYPE', 'NODE_ENV', 'TZ']
/** Only whether they are set: a path names an account, the rest opens this server. */
const ONLY_WHETHER_SET = [
  'HOME',
  'MCP_GATEWAY_INSTANCE',
  'MCP_NATIVE_SECRET',
  'MCP_NATIVE_SOCKET',
  'PATH',
  'TMPDIR',
]

/** @param environment of this process. */
export function environmentDumpTool(environment: Environment) {
  return defineReport({
    name: 'environmentDump',
    description:
      'Shows the runtime and the few environment variables that are nobody’s secret. Secrets are never shown.',
    input: z.strictObject({
      showSecrets: z.boolean().default(false).describe('Shows nothing more, and says why.'),
    }),
    output: z.object({
      runtime: z.record(z.string(), z.string()),
      shown: z.record(z.string(), z.string()),
      set: z.array(z.string()),
      others: z.number().describe('How many more variables there are.'),
    }),
    run({ showSecrets }) {
      const facts = readSurroundings(environment)
      return { text: toLines(facts, showSecrets).join('\n'), facts }
    },
  })
}

interface EnvironmentFacts {
  runtime: Record<string, string>
  shown: Record<string, string>
  set: string[]
  others: number
}

function readSurroundings(environment: Environment): EnvironmentFacts {
  const given = Object.keys(environment).filter((name) => environment[name] !== undefined)
  const shown = SHOWN.filter((name) => given.includes(name))
  const set = ONLY_WHETHER_SET.filter((name) => given.includes(name))
  return {
    runtime: { node: process.version, platform: process.platform, arch: process.arch },
    shown: Object.fromEntries(shown.map((name) => [name, environment[name] ?? ''])),
    set,
    others: given.length - shown.length - set.length,
  }
}

function toLines({ runtime, shown, set, others }: EnvironmentFacts, showSecrets: boolean) {
  return [
    `Runtime: Node ${runtime['node']} on ${runtime['platform']} ${runtime['arch']}`,
    ...Object.entries(shown).map(([name, text]) => `${name}=${text}`),
    ...set.map((name) => `${name} is set; its text is not shown`),
    `Variables that are not listed here: ${others}`,
    ...(showSecrets
      ? [
          '',
          'showSecrets shows nothing more. What a tool answers is read by a model and kept in conversations and logs: a secret would not be one any longer. Whoever runs this server can read its environment on the machine.',
        ]
      : []),
  ]
}
