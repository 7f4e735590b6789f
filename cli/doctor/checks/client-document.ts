import { defineCheck, passed } from '../model/check.ts'
import { toAuthorizationRequest } from '../wire/authorization-request.ts'
import { openAuthorize } from '../wire/open-authorize.ts'

export const clientDocument = defineCheck({
  id: 'client-document',
  stage: 'login',
  title: 'Client document',
  about:
    'Where the metadata says that client id metadata documents are read, the client’s own document is taken at the authorize endpoint: it does not register then.',
  needs: ['server'],
  appliesTo: ({ document }) => document !== undefined,
  faults: {
    refused: {
      severity: 'error',
      meaning:
        'The client believes the metadata, names its document, and is refused: it does not try to register after that.',
      cure: 'Let the server reach the document over the internet (a firewall, an egress proxy), and allow every redirect URI in it, loopback ones at any port; or stop advertising `client_id_metadata_document_supported` (CLIENT_ID_METADATA_DOCUMENTS=off at this gateway).',
    },
    trouble: {
      severity: 'error',
      meaning: 'The authorize endpoint fails with this client.',
      cure: 'See the log of the authorization server at this moment.',
    },
  },
  async run(visit, find) {
    const { client, facts } = visit
    // Its registration follows then.
    if (facts.server?.document['client_id_metadata_document_supported'] !== true) return undefined
    const clientId = client.document ?? ''
    const opened = await openAuthorize(visit, toAuthorizationRequest(visit, clientId))
    if (opened.kind === 'trouble') return find('trouble', opened.told)
    if (opened.kind === 'refused' || (opened.kind === 'back' && opened.error !== undefined)) {
      return find('refused', `${clientId}: ${opened.told}`)
    }
    facts.client = { clientId, clientSecret: undefined, authMethod: 'none' }
    return passed(`${clientId}: ${opened.told}`)
  },
})
