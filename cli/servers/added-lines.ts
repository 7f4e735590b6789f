/** What a person reads of a server that was tried, and of one that was written down. */

import { escapeControls } from '../log/terminal-line.ts'
import { clientLines } from '../start/client-lines.ts'
import type { Added, Prepared } from './add-server.ts'
import { followedLines } from './follow.ts'
import { COMPOSE_OWN } from './image/compose-file.ts'
import type { Trial } from './trial.ts'

const TOOLS_MAX = 40
const DESCRIPTION_CHARACTERS = 80

/** What a stranger's server says of itself must not steer the terminal. */
export function trialLines({ name, trial }: Prepared): string[] {
  return trial === undefined ? [`${name} was not tried.`] : toolLines(name, trial)
}

export function toolLines(name: string, { server, tools }: Trial): string[] {
  const width = Math.max(0, ...tools.slice(0, TOOLS_MAX).map((tool) => tool.name.length))
  return [
    `${name} works: ${escapeControls(`${server.name} ${server.version}`)}, ${tools.length} tools`,
    ...tools
      .slice(0, TOOLS_MAX)
      .map(
        (tool) => `  ${escapeControls(tool.name).padEnd(width)}  ${firstLine(tool.description)}`,
      ),
    ...(tools.length > TOOLS_MAX ? [`  and ${tools.length - TOOLS_MAX} more`] : []),
  ]
}

function firstLine(text: string): string {
  const line = escapeControls(text.trim().split('\n')[0] ?? '')
  return line.length > DESCRIPTION_CHARACTERS ? `${line.slice(0, DESCRIPTION_CHARACTERS)}…` : line
}

export function addedLines(added: Added): string[] {
  const { name, path, url, isContainer, leavesContainer, followed } = added
  if (followed === undefined) return ['Nothing was written.']
  return [
    `${name} is in ${path}.`,
    ...(isContainer
      ? [`Its container is in ${COMPOSE_OWN}. It runs in Docker alone: docker compose up -d`]
      : followedLines(followed)),
    ...(leavesContainer ? [CONTAINER_GOES] : []),
    `${name}  ${url}`,
    ...clientLines(name, url).map((line) => `    ${line}`),
  ]
}

/** Once no file names it. */
export const CONTAINER_GOES =
  'Its container goes with: docker compose up -d --remove-orphans. Its volume stays.'

/** The same for a program. */
export function toAddedJson({
  name,
  definition,
  trial,
  path,
  url,
  isContainer,
  followed,
}: Added): object {
  return {
    name,
    url,
    path,
    written: followed !== undefined,
    gateway: followed?.state ?? null,
    container: isContainer,
    entry: definition,
    server: trial?.server ?? null,
    tools: trial?.tools.map((tool) => tool.name) ?? null,
  }
}
