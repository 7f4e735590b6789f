/** Every check, in the order of a walk. A new one is a file of its own and a line here. */

import type { Check } from '../model/check.ts'
import { authorize } from './authorize.ts'
import { badToken } from './bad-token.ts'
import { certificate } from './certificate.ts'
import { challenge } from './challenge.ts'
import { clientDocument } from './client-document.ts'
import { corsAnswer } from './cors-answer.ts'
import { dns } from './dns.ts'
import { endpoints } from './endpoints.ts'
import { issuer } from './issuer.ts'
import { legacyMetadata } from './legacy-metadata.ts'
import { login } from './login.ts'
import { methods } from './methods.ts'
import { nullMembers } from './null-members.ts'
import { pkce } from './pkce.ts'
import { pkceMetadata } from './pkce-metadata.ts'
import { port } from './port.ts'
import { preflight } from './preflight.ts'
import { publicClients } from './public-clients.ts'
import { pushedRequest } from './pushed-request.ts'
import { redirectMatch } from './redirect-match.ts'
import { refresh } from './refresh.ts'
import { refreshAgain } from './refresh-again.ts'
import { refreshRepeat } from './refresh-repeat.ts'
import { registration } from './registration.ts'
import { registrationEnd } from './registration-end.ts'
import { resource } from './resource.ts'
import { resourceMetadata } from './resource-metadata.ts'
import { resourceMetadataPlace } from './resource-metadata-place.ts'
import { revocation } from './revocation.ts'
import { revocationRefresh } from './revocation-refresh.ts'
import { rotation } from './rotation.ts'
import { scopesListed } from './scopes-listed.ts'
import { serverMetadata } from './server-metadata.ts'
import { session } from './session.ts'
import { sessionEnd } from './session-end.ts'
import { stream } from './stream.ts'
import { token } from './token.ts'
import { toolCall } from './tool-call.ts'
import { toolsList } from './tools-list.ts'

export const CHECKS: readonly Check[] = [
  dns,
  port,
  certificate,
  challenge,
  methods,
  badToken,
  resourceMetadata,
  resourceMetadataPlace,
  resource,
  serverMetadata,
  issuer,
  pkceMetadata,
  nullMembers,
  publicClients,
  scopesListed,
  endpoints,
  legacyMetadata,
  preflight,
  corsAnswer,
  clientDocument,
  registration,
  redirectMatch,
  authorize,
  pushedRequest,
  login,
  token,
  session,
  stream,
  toolsList,
  toolCall,
  sessionEnd,
  refresh,
  rotation,
  refreshAgain,
  refreshRepeat,
  pkce,
  revocation,
  revocationRefresh,
  registrationEnd,
]
