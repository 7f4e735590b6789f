/**
 * Every row of the checklists, and what proves it: docs/requirements.md is made of this (`npm run docs`).
 */

import { ATTACK_ROWS } from './rows/attacks.ts'
import { DOCUMENTS } from './rows/documents.ts'
import { FINDINGS } from './rows/findings.ts'
import { FORERUNNER } from './rows/forerunner.ts'
import { INCIDENTS } from './rows/incidents.ts'
import type { Rows } from './rows/row.ts'
import { SPECIFICATIONS } from './rows/specifications.ts'
import { UNNUMBERED } from './rows/unnumbered.ts'

export const CHECKLISTS: Readonly<Record<string, Rows>> = {
  'Specifications: authorization server, resource server, transport, OAuth 2.1': SPECIFICATIONS,
  'Specifications: registration, metadata, revocation, introspection, devices': DOCUMENTS,
  'Revisions, stdio, metadata documents, settings of Envoy': UNNUMBERED,
  Attacks: ATTACK_ROWS,
  'What broke elsewhere': INCIDENTS,
  'Faults of the system whose features these are': FORERUNNER,
  'What fuzzing has found here': FINDINGS,
}
