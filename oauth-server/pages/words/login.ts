import { who } from './who.ts'
import { definePage } from './words.ts'

export const login = definePage(
  {
    ...who.en,
    title: 'Sign in',
    what: 'Sign in to this gateway itself: to see which applications have access in your name, and to end it.',
    goOn: 'Go on',
    approve: 'Sign in',
    approveWith: 'Continue with {provider}',
    approveAndLogIn: 'Sign in',
  },
  {
    ...who.de,
    title: 'Anmelden',
    what: 'Melden Sie sich bei diesem Gateway selbst an: um zu sehen, welche Anwendungen in Ihrem Namen Zugriff haben, und um ihn zu beenden.',
    goOn: 'Weiter',
    approve: 'Anmelden',
    approveWith: 'Weiter mit {provider}',
    approveAndLogIn: 'Anmelden',
  },
)
