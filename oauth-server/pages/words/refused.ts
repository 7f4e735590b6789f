import { definePage } from './words.ts'

export const refused = definePage(
  {
    title: 'This account has no access',
    gateway: 'You are logged in as {name}, but this gateway does not let this account in.',
    service: 'You are logged in as {name}, but this account may not use the service {service}.',
    ask: 'Nothing is wrong with your login. If it should be let in, ask whoever runs this gateway, and tell them the name above.',
    whom: 'Whom to ask',
    another: 'Try another account',
  },
  {
    title: 'Dieses Konto hat keinen Zugang',
    gateway: 'Sie sind angemeldet als {name}, aber dieses Gateway lässt dieses Konto nicht ein.',
    service:
      'Sie sind angemeldet als {name}, aber dieses Konto darf den Dienst {service} nicht benutzen.',
    ask: 'Mit Ihrer Anmeldung ist alles in Ordnung. Wenn Sie Zugang haben sollten, fragen Sie die Betreiber dieses Gateways und nennen Sie ihnen den Namen oben.',
    whom: 'Wen Sie fragen können',
    another: 'Ein anderes Konto versuchen',
  },
)
