import { definePage } from './words.ts'

export const signedOut = definePage(
  {
    title: 'You are signed out',
    everywhere:
      'All your logins have ended, and so has the access of every application that you had approved.',
    browser: 'Nobody is signed in in this browser.',
    close: 'You may close this page.',
  },
  {
    title: 'Sie sind abgemeldet',
    everywhere:
      'Alle Ihre Anmeldungen sind beendet, und mit ihnen der Zugriff jeder Anwendung, die Sie zugelassen hatten.',
    browser: 'In diesem Browser ist niemand angemeldet.',
    close: 'Sie können diese Seite schließen.',
  },
)
