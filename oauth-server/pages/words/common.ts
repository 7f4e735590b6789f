/** What any page may say: the frame around it, and scopes in words. */

import { definePage } from './words.ts'

export const common = definePage(
  {
    help: 'Help',
    'scope-mcp': 'Use the service {service}',
    'scope-openid': 'Know who you are',
    'scope-profile': 'Know your name',
    'scope-email': 'Know your e-mail address',
    'scope-offline_access': 'Keep this access while you are away',
  },
  {
    help: 'Hilfe',
    'scope-mcp': 'Den Dienst {service} benutzen',
    'scope-openid': 'Wissen, wer Sie sind',
    'scope-profile': 'Ihren Namen kennen',
    'scope-email': 'Ihre E-Mail-Adresse kennen',
    'scope-offline_access': 'Diesen Zugriff behalten, während Sie nicht da sind',
  },
)
