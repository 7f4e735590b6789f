import { definePage } from './words.ts'

export const logout = definePage(
  {
    title: 'Sign out?',
    who: 'You are signed in as {name}.',
    here: 'Sign out ends this login, and the access of every application that you have approved in it.',
    everywhere: 'Sign out everywhere does so for all your logins, in every browser.',
    signOut: 'Sign out',
    signOutEverywhere: 'Sign out everywhere',
  },
  {
    title: 'Abmelden?',
    who: 'Sie sind angemeldet als {name}.',
    here: '„Abmelden“ beendet diese Anmeldung und den Zugriff jeder Anwendung, die Sie darin zugelassen haben.',
    everywhere: '„Überall abmelden“ tut das für alle Ihre Anmeldungen, in jedem Browser.',
    signOut: 'Abmelden',
    signOutEverywhere: 'Überall abmelden',
  },
)
