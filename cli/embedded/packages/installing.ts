/** What every install of a package is given. */

import type { Environment } from '../../../lib/platform/environment.ts'
import type { Progress } from '../progress.ts'

export interface Installing {
  readonly environment: Environment
  readonly progress: Progress
  /** Breaks installs off. */
  readonly signal: AbortSignal
}

export const INSTALL_MS_MAX = 15 * 60_000
