/** What `docker compose ps --all --format json` tells. */

import { z } from 'zod'

const container = z.object({
  Service: z.string(),
  State: z.string(),
  Health: z.string().default(''),
  ExitCode: z.number().default(0),
  /** In words: `Up 4 seconds (healthy)`. */
  Status: z.string().default(''),
  Image: z.string().default(''),
  Labels: z.string().default(''),
})

/** They do their work and end; everybody else who ended is missed. */
const ONE_SHOTS = ['secrets']
/** Of `docker compose run`: no part of what should be up. */
const ONE_OFF = 'com.docker.compose.oneoff=True'

export type Verdict = 'serving' | 'starting' | 'done' | 'failing'

export interface ContainerStatus {
  /** The service of compose that it belongs to. */
  readonly name: string
  readonly verdict: Verdict
  /** As Docker says it. */
  readonly status: string
  readonly image: string
}

/** A line for each, or one list (before version 2.21). @throws RangeError for anything else. */
export function parseContainers(text: string): ContainerStatus[] {
  const trimmed = text.trim()
  if (trimmed === '') return []
  try {
    const documents: unknown[] = trimmed.startsWith('[')
      ? (JSON.parse(trimmed) as unknown[])
      : trimmed.split('\n').map((line) => JSON.parse(line) as unknown)
    return documents
      .map((document) => container.parse(document))
      .filter(({ Labels }) => !Labels.split(',').includes(ONE_OFF))
      .map(toContainer)
  } catch (cause) {
    throw new RangeError('not what docker compose ps --all --format json prints', { cause })
  }
}

function toContainer(told: z.infer<typeof container>): ContainerStatus {
  const { Service: name, Status: status, Image: image } = told
  return { name, verdict: judge(told), status, image }
}

function judge({ Service, State, Health, ExitCode }: z.infer<typeof container>): Verdict {
  if (State === 'exited') return ExitCode === 0 && ONE_SHOTS.includes(Service) ? 'done' : 'failing'
  if (State !== 'running') return State === 'created' ? 'starting' : 'failing'
  if (Health === 'unhealthy') return 'failing'
  return Health === 'starting' ? 'starting' : 'serving'
}
