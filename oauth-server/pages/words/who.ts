/** What every page says that asks who somebody is: to be spread into its own words. */

import { definePage } from './words.ts'

export const who = definePage(
  {
    whoLegend: 'Who are you?',
    signedIn: '{name}, signed in',
    signedInAs: 'You are signed in as {name}.',
    writeAnother: 'To be somebody else, write another name.',
    another: 'Another account at {provider}',
    logInWith: 'Log in with {provider}',
    devChoice: 'A name for development',
    devName: 'Your name',
    devNote:
      'This login exists only on this machine and is for development: whoever asks is believed.',
    approve: 'Approve',
    approveWith: 'Approve and continue with {provider}',
    approveAndLogIn: 'Approve and log in',
    chooseWay: 'Choose how to log in.',
    writeName: 'A name has 1 to 64 letters, digits, dots, dashes or underscores.',
    accountChanged:
      'You have signed in or out since this page was shown, so nothing has been approved. See who is named now, then answer again.',
    loginCancelled:
      'You did not finish the login at {provider}. Nothing has been approved: try again, or choose another way.',
    accountBlocked:
      '{provider} itself refuses your account: it may be suspended or closed there. Nobody was logged in. This gateway cannot change that: go on with another account, or ask the support of {provider}.',
    providerUnavailable:
      '{provider} does not answer as it should just now. That is neither your fault nor the application’s: try again in a minute. Nothing of your request is lost.',
    providerMisconfigured:
      '{provider} does not accept this gateway. Trying again will not help: tell whoever runs the gateway that its login at {provider} is not set up correctly.',
    providerInvalid:
      'The answer of {provider} could not be trusted, so nobody was logged in. Try again; if it happens again, tell whoever runs the gateway.',
    gatewayFailed:
      'Something went wrong in this gateway. It is not your fault, and nothing of your request is lost: try again in a minute.',
    tooMany:
      'Too many people are logging in from where you are. Wait {seconds} seconds, then try again: nothing of your request is lost.',
    notForYou:
      '{name} may not use the service {service}. Go on with another account, or ask whoever runs this gateway.',
    loginTooOld:
      'The application wants you to log in anew, but {provider} tells of an earlier login. Log out there, then try again.',
  },
  {
    whoLegend: 'Wer sind Sie?',
    signedIn: '{name}, angemeldet',
    signedInAs: 'Sie sind angemeldet als {name}.',
    writeAnother: 'Um jemand anderes zu sein, geben Sie einen anderen Namen ein.',
    another: 'Ein anderes Konto bei {provider}',
    logInWith: 'Mit {provider} anmelden',
    devChoice: 'Ein Name für die Entwicklung',
    devName: 'Ihr Name',
    devNote:
      'Diese Anmeldung gibt es nur auf diesem Rechner und nur für die Entwicklung: Jeder Name wird geglaubt.',
    approve: 'Zulassen',
    approveWith: 'Zulassen und weiter mit {provider}',
    approveAndLogIn: 'Zulassen und anmelden',
    chooseWay: 'Wählen Sie, wie Sie sich anmelden.',
    writeName:
      'Ein Name besteht aus 1 bis 64 Buchstaben ohne Umlaute, Ziffern, Punkten, Binde- oder Unterstrichen.',
    accountChanged:
      'Sie haben sich an- oder abgemeldet, seit diese Seite gezeigt wurde; deshalb wurde nichts zugelassen. Sehen Sie nach, wer jetzt genannt ist, und antworten Sie dann noch einmal.',
    loginCancelled:
      'Sie haben die Anmeldung bei {provider} nicht abgeschlossen. Es wurde nichts zugelassen: Versuchen Sie es noch einmal oder wählen Sie einen anderen Weg.',
    accountBlocked:
      '{provider} selbst weist Ihr Konto ab: Es ist dort vielleicht gesperrt oder geschlossen. Es wurde niemand angemeldet. Dieses Gateway kann daran nichts ändern: Fahren Sie mit einem anderen Konto fort oder fragen Sie den Support von {provider}.',
    providerUnavailable:
      '{provider} antwortet gerade nicht so, wie es sollte. Das liegt weder an Ihnen noch an der Anwendung: Versuchen Sie es in einer Minute noch einmal. Von Ihrer Anfrage geht nichts verloren.',
    providerMisconfigured:
      '{provider} nimmt dieses Gateway nicht an. Ein neuer Versuch hilft nicht: Sagen Sie den Betreibern des Gateways, dass seine Anmeldung bei {provider} nicht richtig eingerichtet ist.',
    providerInvalid:
      'Der Antwort von {provider} war nicht zu trauen, deshalb wurde niemand angemeldet. Versuchen Sie es noch einmal; geschieht es wieder, sagen Sie es den Betreibern des Gateways.',
    gatewayFailed:
      'In diesem Gateway ist etwas schiefgegangen. Das liegt nicht an Ihnen, und von Ihrer Anfrage geht nichts verloren: Versuchen Sie es in einer Minute noch einmal.',
    tooMany:
      'Von dort, wo Sie sind, melden sich gerade zu viele Menschen an. Warten Sie {seconds} Sekunden und versuchen Sie es dann noch einmal: Von Ihrer Anfrage geht nichts verloren.',
    notForYou:
      '{name} darf den Dienst {service} nicht benutzen. Fahren Sie mit einem anderen Konto fort oder fragen Sie die Betreiber dieses Gateways.',
    loginTooOld:
      'Die Anwendung verlangt eine neue Anmeldung, {provider} nennt aber eine frühere. Melden Sie sich dort ab und versuchen Sie es dann noch einmal.',
  },
)
