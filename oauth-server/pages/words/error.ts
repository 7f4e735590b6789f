/**
 * What went wrong, whose it is to mend, and what to do next: three texts for each explanation, named
 * `<explanation>`, `<explanation>-whose` and `<explanation>-next`.
 */

import { reconnect } from './reconnect.ts'
import { definePage } from './words.ts'

export const error = definePage(
  {
    title: 'This did not work',
    details: 'Technical details',
    requestId: 'By this, whoever runs the gateway finds it in the log:',
    again: 'Back to the start',

    request: 'The application asked for something that this gateway does not do.',
    'request-whose': 'That is the application’s mistake, not yours.',
    'request-next':
      'Start again from the application. If it happens again, show the text below to those who make it.',

    expired: 'This page has expired, was used already, or belongs to another browser.',
    'expired-whose': 'Nobody has made a mistake: a page like this works once, for ten minutes.',
    'expired-next':
      'Go back to the application and connect again. Finish in the same browser in which the page opens.',

    device: 'This page has expired, was used already, or belongs to another browser.',
    'device-whose':
      'Nobody has made a mistake: a page like this works once, for a quarter of an hour.',
    'device-next': 'Look at the code that your device shows now, and enter it again.',

    serviceGone: 'The service that your device asked for is not there any more.',
    'serviceGone-whose':
      'Whoever runs this gateway has taken it away. You have done nothing wrong, and your device has been told.',
    'serviceGone-next': 'Begin again on the device, with a service that there is.',

    login: 'This login has expired, was finished already, or began in another browser.',
    'login-whose':
      'Nobody has made a mistake, unless somebody sent you the link that you followed: then it was meant for them, and nothing has happened.',
    'login-next': 'Begin again where you wanted to log in, in this browser.',

    loginBroken: 'The gateway could not go on with your login.',
    'loginBroken-whose': 'That is the gateway’s fault. Nothing has been approved.',
    'loginBroken-next': 'Begin again where you wanted to log in: this page works only once.',

    otherLogin: 'You have signed in or out since this page was opened.',
    'otherLogin-whose': 'Nobody has made a mistake. Nothing has been changed.',
    'otherLogin-next': 'Go back, load the page again, and send it once more.',

    otherSite: 'This form was sent by another site.',
    'otherSite-whose':
      'You have done nothing wrong. Either the site wanted to decide in your place, or your browser hides where a form comes from.',
    'otherSite-next':
      'Nothing has been decided. Start again from the application itself, and do not follow links to this page.',

    unknownClient: 'This gateway does not know the application that sent you here, or no longer.',
    'unknownClient-whose':
      'That happens when the gateway was set up anew, or when the application had not been used for a long time. It still uses an old registration.',
    'unknownClient-next': 'Let the application register again:',
    ...reconnect.en,

    redirect: 'The application wants its answer at an address that it has not registered.',
    'redirect-whose':
      'That is the application’s mistake, or somebody is trying to get your login. Nobody was sent anywhere.',
    'redirect-next':
      'If you have just started this yourself, let the application register again: remove the connection there and add it anew. Otherwise close this page.',

    redirectRefused:
      'The application wants its answer at an address that this gateway sends none to.',
    'redirectRefused-whose':
      'Whoever runs this gateway lets answers go to listed places only. Nobody was sent anywhere.',
    'redirectRefused-next':
      'If you have just started this yourself, show them the text below: it names the place. Otherwise close this page.',

    document: 'The description of the application could not be used.',
    'document-whose': 'Whoever runs the application publishes it, and can mend it.',
    'document-next': 'Try again in a few minutes. If it stays so, tell them the text below.',

    documentWaits:
      'So many descriptions of applications are being fetched just now that this one has to wait.',
    'documentWaits-whose':
      'Most often the servers of applications answer slowly then. You have done nothing wrong.',
    'documentWaits-next': 'Wait {seconds} seconds, then load this page again. Nothing is lost.',

    documentOften: 'The description of this application has been asked for too often just now.',
    'documentOften-whose':
      'All who connect with it are counted together: most likely it is not your doing.',
    'documentOften-next': 'Wait {seconds} seconds, then load this page again. Nothing is lost.',

    denied: 'The account that you are logged in with may not do this.',
    'denied-whose': 'Whoever runs this gateway decides who is let in.',
    'denied-next': 'Ask them to let you in, or log in with another account.',

    notFound: 'There is nothing at this address.',
    'notFound-whose': 'The address may have been mistyped, or the page has gone.',
    'notFound-next': 'The start page shows what there is.',

    method: 'This address does not answer what your browser has just asked.',
    'method-whose': 'Most often a page was loaded again that had been sent as a form.',
    'method-next': 'Go back to the application and begin again, or to the start page.',

    tooLarge: 'What was sent is larger than this gateway takes.',
    'tooLarge-whose': 'Nothing of it was kept, and nothing has been changed.',
    'tooLarge-next': 'Go back and send less: the text below says how much it may be.',

    tooMany: 'There were too many requests from you, or from your network, just now.',
    'tooMany-whose': 'That protects everybody’s logins. It may be a neighbour’s doing.',
    'tooMany-next': 'Wait {seconds} seconds, then load this page again. Nothing is lost.',

    away: 'The gateway cannot reach its memory just now.',
    'away-whose':
      'That is the gateway’s fault. Neither you nor the application can do anything about it.',
    'away-next':
      'Wait {seconds} seconds, then load this page again. Nothing has been decided, and no login is lost.',

    provider:
      'The service that you log in with does not answer as it should just now, and this gateway has to ask it about your account.',
    'provider-whose': 'That is neither your fault nor the application’s.',
    'provider-next':
      'Wait {seconds} seconds, then try again. If it stays so, tell whoever runs the gateway. Nothing has been decided, and no login is lost.',

    ours: 'Something went wrong in this gateway.',
    'ours-whose': 'That is the gateway’s fault, not yours and not the application’s.',
    'ours-next':
      'Try again in a minute. If it happens again, tell whoever runs the gateway the time and the text below.',
  },
  {
    title: 'Das hat nicht geklappt',
    details: 'Technische Einzelheiten',
    requestId: 'Damit findet es im Protokoll, wer das Gateway betreibt:',
    again: 'Zur Startseite',

    request: 'Die Anwendung hat etwas verlangt, was dieses Gateway nicht tut.',
    'request-whose': 'Das ist ein Fehler der Anwendung, nicht Ihrer.',
    'request-next':
      'Beginnen Sie in der Anwendung von vorn. Geschieht es wieder, zeigen Sie denen, die sie herstellen, den Text unten.',

    expired: 'Diese Seite ist abgelaufen, schon benutzt oder gehört zu einem anderen Browser.',
    'expired-whose':
      'Niemand hat etwas falsch gemacht: Eine solche Seite gilt einmal und zehn Minuten lang.',
    'expired-next':
      'Gehen Sie zur Anwendung zurück und verbinden Sie sich neu. Bleiben Sie in dem Browser, in dem sich die Seite öffnet.',

    device: 'Diese Seite ist abgelaufen, schon benutzt oder gehört zu einem anderen Browser.',
    'device-whose':
      'Niemand hat etwas falsch gemacht: Eine solche Seite gilt einmal und eine Viertelstunde lang.',
    'device-next': 'Sehen Sie nach, welchen Code Ihr Gerät jetzt zeigt, und geben Sie ihn neu ein.',

    serviceGone: 'Den Dienst, den Ihr Gerät verlangt hat, gibt es nicht mehr.',
    'serviceGone-whose':
      'Wer dieses Gateway betreibt, hat ihn weggenommen. Sie haben nichts falsch gemacht, und Ihr Gerät hat es erfahren.',
    'serviceGone-next': 'Beginnen Sie am Gerät von vorn, mit einem Dienst, den es gibt.',

    login:
      'Diese Anmeldung ist abgelaufen, schon abgeschlossen oder begann in einem anderen Browser.',
    'login-whose':
      'Niemand hat etwas falsch gemacht, es sei denn, jemand hat Ihnen den Link geschickt: Dann war er für diese Person, und es ist nichts geschehen.',
    'login-next': 'Beginnen Sie in diesem Browser noch einmal dort, wo Sie sich anmelden wollten.',

    loginBroken: 'Das Gateway konnte mit Ihrer Anmeldung nicht fortfahren.',
    'loginBroken-whose': 'Das liegt am Gateway. Es wurde nichts genehmigt.',
    'loginBroken-next': 'Beginnen Sie neu, wo Sie sich anmelden wollten: Diese Seite gilt einmal.',

    otherLogin: 'Sie haben sich an- oder abgemeldet, seit diese Seite geöffnet wurde.',
    'otherLogin-whose': 'Niemand hat etwas falsch gemacht. Es wurde nichts geändert.',
    'otherLogin-next': 'Gehen Sie zurück, laden Sie die Seite neu und senden Sie sie noch einmal.',

    otherSite: 'Dieses Formular kam von einer anderen Website.',
    'otherSite-whose':
      'Sie haben nichts falsch gemacht. Entweder wollte jene Website an Ihrer Stelle entscheiden, oder Ihr Browser verschweigt, woher ein Formular kommt.',
    'otherSite-next':
      'Es wurde nichts entschieden. Beginnen Sie in der Anwendung selbst von vorn und folgen Sie keinen Links auf diese Seite.',

    unknownClient:
      'Dieses Gateway kennt die Anwendung nicht, die Sie hierher geschickt hat, oder nicht mehr.',
    'unknownClient-whose':
      'Das geschieht, wenn das Gateway neu eingerichtet wurde oder die Anwendung lange nicht benutzt wurde. Sie verwendet noch eine alte Registrierung.',
    'unknownClient-next': 'Lassen Sie die Anwendung sich neu registrieren:',
    ...reconnect.de,

    redirect: 'Die Anwendung will ihre Antwort an einer Adresse, die sie nicht registriert hat.',
    'redirect-whose':
      'Das ist ein Fehler der Anwendung, oder jemand versucht, an Ihre Anmeldung zu kommen. Es wurde niemand weitergeleitet.',
    'redirect-next':
      'Wenn Sie dies gerade selbst begonnen haben, lassen Sie die Anwendung sich neu registrieren: die Verbindung dort entfernen und neu hinzufügen. Sonst schließen Sie diese Seite.',

    redirectRefused:
      'Die Anwendung will ihre Antwort an einer Adresse, an die dieses Gateway keine schickt.',
    'redirectRefused-whose':
      'Wer dieses Gateway betreibt, lässt Antworten nur an bestimmte Orte gehen. Es wurde niemand weitergeleitet.',
    'redirectRefused-next':
      'Wenn Sie dies gerade selbst begonnen haben, zeigen Sie dort den Text unten: Er nennt den Ort. Sonst schließen Sie diese Seite.',

    document: 'Die Beschreibung der Anwendung war nicht zu gebrauchen.',
    'document-whose': 'Wer die Anwendung betreibt, veröffentlicht sie und kann sie berichtigen.',
    'document-next':
      'Versuchen Sie es in einigen Minuten noch einmal. Bleibt es so, nennen Sie den Betreibern den Text unten.',

    documentWaits:
      'Es werden gerade so viele Beschreibungen von Anwendungen geholt, dass diese warten muss.',
    'documentWaits-whose':
      'Meist antworten dann die Server von Anwendungen langsam. Sie haben nichts falsch gemacht.',
    'documentWaits-next':
      'Warten Sie {seconds} Sekunden und laden Sie diese Seite dann neu. Es geht nichts verloren.',

    documentOften: 'Die Beschreibung dieser Anwendung wurde gerade zu oft verlangt.',
    'documentOften-whose':
      'Alle, die sich mit ihr verbinden, werden zusammen gezählt: Wahrscheinlich liegt es nicht an Ihnen.',
    'documentOften-next':
      'Warten Sie {seconds} Sekunden und laden Sie diese Seite dann neu. Es geht nichts verloren.',

    denied: 'Das Konto, mit dem Sie angemeldet sind, darf das nicht.',
    'denied-whose': 'Die Betreiber dieses Gateways entscheiden, wer Zugang hat.',
    'denied-next': 'Bitten Sie sie um Zugang oder melden Sie sich mit einem anderen Konto an.',

    notFound: 'Unter dieser Adresse gibt es nichts.',
    'notFound-whose': 'Vielleicht ist sie falsch geschrieben, oder die Seite gibt es nicht mehr.',
    'notFound-next': 'Die Startseite zeigt, was es gibt.',

    method: 'Diese Adresse antwortet nicht auf das, was Ihr Browser gerade gefragt hat.',
    'method-whose': 'Meist wurde eine Seite neu geladen, die als Formular gesendet worden war.',
    'method-next': 'Gehen Sie zur Anwendung zurück und beginnen Sie neu, oder zur Startseite.',

    tooLarge: 'Was gesendet wurde, ist größer, als dieses Gateway annimmt.',
    'tooLarge-whose': 'Nichts davon wurde behalten, und es wurde nichts geändert.',
    'tooLarge-next':
      'Gehen Sie zurück und senden Sie weniger: Der Text unten sagt, wie viel es sein darf.',

    tooMany: 'Von Ihnen oder aus Ihrem Netz kamen gerade zu viele Anfragen.',
    'tooMany-whose': 'Das schützt die Anmeldungen aller. Vielleicht war es jemand in Ihrer Nähe.',
    'tooMany-next':
      'Warten Sie {seconds} Sekunden und laden Sie diese Seite dann neu. Es geht nichts verloren.',

    away: 'Das Gateway erreicht gerade seinen Speicher nicht.',
    'away-whose': 'Das liegt am Gateway. Weder Sie noch die Anwendung können etwas dafür.',
    'away-next':
      'Warten Sie {seconds} Sekunden und laden Sie diese Seite dann neu. Es wurde nichts entschieden, und keine Anmeldung geht verloren.',

    provider:
      'Der Dienst, mit dem Sie sich anmelden, antwortet gerade nicht so, wie er sollte, und dieses Gateway muss ihn nach Ihrem Konto fragen.',
    'provider-whose': 'Das liegt weder an Ihnen noch an der Anwendung.',
    'provider-next':
      'Warten Sie {seconds} Sekunden und versuchen Sie es dann noch einmal. Bleibt es so, sagen Sie es den Betreibern des Gateways. Es wurde nichts entschieden, und keine Anmeldung geht verloren.',

    ours: 'In diesem Gateway ist etwas schiefgegangen.',
    'ours-whose': 'Das liegt am Gateway, nicht an Ihnen und nicht an der Anwendung.',
    'ours-next':
      'Versuchen Sie es in einer Minute noch einmal. Geschieht es wieder, nennen Sie den Betreibern des Gateways die Uhrzeit und den Text unten.',
  },
)
