/**
 * Whether clients are told that they may be named by the URL of a document.
 *
 * A machine without the internet must not lead them away from registration, which would work. So well-known
 * documents are fetched now and then, as any other: while one of them arrives, it is told.
 */

import type { Clock } from '../../../lib/platform/clock.ts'
import type { Log } from '../../../lib/platform/log.ts'
import type { Reachability } from '../../store/reachability.ts'
import type { ClientDocuments } from './client-documents.ts'

export interface DocumentSupport {
  isAdvertised(): Promise<boolean>
  /** To be called each minute; one process of all probes, when it is time. Never rejects. */
  probe(): Promise<void>
}

export interface DocumentSupportPorts {
  readonly mode: 'auto' | 'on' | 'off'
  readonly reachability: Reachability
  readonly documents: Pick<ClientDocuments, 'fetch'>
  readonly clock: Clock
  readonly log: Log
}

/** How often `probe` is to be called. */
export const PROBE_TICK_MS = 60_000

/** Of different makers, so that none of them alone decides. */
const WELL_KNOWN = [
  'https://claude.ai/oauth/claude-code-client-metadata',
  'https://chatgpt.com/oauth/codex/client.json',
  'https://vscode.dev/oauth/client-metadata.json',
]

export function createDocumentSupport(ports: DocumentSupportPorts): DocumentSupport {
  const { mode, reachability, log } = ports
  if (mode !== 'auto') {
    return { isAdvertised: async () => mode === 'on', probe: async () => {} }
  }
  let last = false
  return {
    async isAdvertised() {
      try {
        last = (await reachability.advertised()) ?? false
      } catch {
        // The document is needed to say anything at all: what was true a moment ago will do.
      }
      return last
    },
    async probe() {
      try {
        if (await reachability.begin()) await probeNow(ports)
      } catch (error) {
        log.debug({ err: error }, 'client documents not probed')
      }
    },
  }
}

async function probeNow({ reachability, documents, clock, log }: DocumentSupportPorts) {
  const found = await Promise.allSettled(WELL_KNOWN.map((url) => documents.fetch(url)))
  const reachable = found.some(({ status }) => status === 'fulfilled')
  log.debug({ reachable }, 'client documents probed')
  await reachability.report(reachable, clock())
}
