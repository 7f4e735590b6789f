import { offers } from './offers.ts'
import { who } from './who.ts'
import { definePage } from './words.ts'

export const consent = definePage(
  {
    ...offers.en,
    ...who.en,
    title: 'Allow access?',
    nameless: 'An application without a name',
    wants: '{client} wants to use this gateway in your name.',
    describedBy: 'The application is described by',
    standing: 'Who vouches for the application',
    'standing-document': 'The site above: it publishes who the application is.',
    'standing-configured': 'Whoever runs this gateway: they have entered this application.',
    'standing-registered': 'Nobody: the application chose its name itself.',
    answerGoesTo: 'Your answer goes to',
    toCopy: 'you, as a code to be copied into an application',
    warnComputer:
      'That is a program on this computer. Any program can call itself by the name above: go on only if you have just started this yourself.',
    warnApplication:
      'That opens an application on this device. Another application may have registered the same scheme: go on only if you have just started this yourself.',
    warnCopy:
      'The code will be shown on the next page. Whoever gets it acts in your name: go on only if you have just started this yourself, and copy it nowhere else.',
    deny: 'Deny',
  },
  {
    ...offers.de,
    ...who.de,
    title: 'Zugriff zulassen?',
    nameless: 'Eine Anwendung ohne Namen',
    wants: '{client} möchte dieses Gateway in Ihrem Namen benutzen.',
    describedBy: 'Die Anwendung wird beschrieben von',
    standing: 'Wer für die Anwendung bürgt',
    'standing-document': 'Die Website oben: Sie veröffentlicht, wer die Anwendung ist.',
    'standing-configured': 'Die Betreiber dieses Gateways: Sie haben diese Anwendung eingetragen.',
    'standing-registered': 'Niemand: Die Anwendung hat sich ihren Namen selbst gegeben.',
    answerGoesTo: 'Ihre Antwort geht an',
    toCopy: 'Sie selbst, als Code zum Kopieren in eine Anwendung',
    warnComputer:
      'Das ist ein Programm auf diesem Computer. Jedes Programm kann sich so nennen: Fahren Sie nur fort, wenn Sie dies gerade selbst begonnen haben.',
    warnApplication:
      'Das öffnet eine Anwendung auf diesem Gerät. Eine andere Anwendung kann dasselbe Schema angemeldet haben: Fahren Sie nur fort, wenn Sie dies gerade selbst begonnen haben.',
    warnCopy:
      'Der Code steht auf der nächsten Seite. Wer ihn bekommt, handelt in Ihrem Namen: Fahren Sie nur fort, wenn Sie dies gerade selbst begonnen haben, und kopieren Sie ihn nirgendwo sonst hin.',
    deny: 'Ablehnen',
  },
)
