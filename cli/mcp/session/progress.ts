/** How far a call is: a line on stderr for each step. */

import type { ProgressCallback } from '@modelcontextprotocol/client'
import { escapeControls } from '../../log/terminal-line.ts'
import type { Output } from '../../output.ts'

export function showProgress({ note }: Output): ProgressCallback {
  return ({ progress, total, message }) => {
    const share = total === undefined ? `${progress}` : `${progress} of ${total}`
    note(message === undefined ? share : `${share}: ${escapeControls(message)}`)
  }
}
