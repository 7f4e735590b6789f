/** What the specifications ask of this gateway, by topic. Pure data; the tests cite these ids. */

import { ATTACKS } from './requirements/attacks.ts'
import { AUTHORIZE } from './requirements/authorize.ts'
import { BRIDGE_CHILDREN } from './requirements/bridge-children.ts'
import { BRIDGE_TRANSPORT } from './requirements/bridge-transport.ts'
import { CLIENT_DOCUMENTS } from './requirements/client-documents.ts'
import { DEVICE_AND_MACHINES } from './requirements/device-and-machines.ts'
import { EDGE_AND_LIFE } from './requirements/edge-and-life.ts'
import { EDGE_ATTACKS } from './requirements/edge-attacks.ts'
import { FAULTS } from './requirements/faults.ts'
import { FUZZING } from './requirements/fuzzing.ts'
import { LOGIN } from './requirements/login.ts'
import { OWN_PROGRAMS } from './requirements/own-programs.ts'
import { PEOPLE } from './requirements/people.ts'
import { PEOPLE_ATTACKS } from './requirements/people-attacks.ts'
import { REGISTRATION } from './requirements/registration.ts'
import { STATELESS_TRANSPORT } from './requirements/stateless-transport.ts'
import { TOKENS } from './requirements/tokens.ts'

export type { Requirement } from './requirements/requirement.ts'

export const REQUIREMENTS = {
  ...EDGE_AND_LIFE,
  ...FAULTS,
  ...EDGE_ATTACKS,
  ...BRIDGE_TRANSPORT,
  ...BRIDGE_CHILDREN,
  ...STATELESS_TRANSPORT,
  ...REGISTRATION,
  ...CLIENT_DOCUMENTS,
  ...AUTHORIZE,
  ...LOGIN,
  ...PEOPLE,
  ...PEOPLE_ATTACKS,
  ...DEVICE_AND_MACHINES,
  ...TOKENS,
  ...ATTACKS,
  ...OWN_PROGRAMS,
  ...FUZZING,
}

export type RequirementId = keyof typeof REQUIREMENTS
