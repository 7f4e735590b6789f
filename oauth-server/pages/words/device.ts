import { offers } from './offers.ts'
import { who } from './who.ts'
import { definePage } from './words.ts'

export const device = definePage(
  {
    ...offers.en,
    ...who.en,
    title: 'Connect a device?',
    wantsNameless:
      'A device wants to use this gateway in your name; its application gives no name. You do not connect this browser, but that device, wherever it is.',
    wants:
      'A device with the application {client} wants to use this gateway in your name. You do not connect this browser, but that device, wherever it is.',
    codeMustBe: 'The code on your device must be',
    askedFrom: 'It was asked for from the address',
    unknownAddress: 'unknown',
    elsewhere: ', which is not the address of this browser',
    at: 'When',
    justNow: 'just now',
    minuteAgo: '1 minute ago',
    minutesAgo: '{minutes} minutes ago',
    warning:
      'Go on only if you started this yourself and the device in front of you shows this code. If somebody sent you the code or a link, choose Deny: they, not you, would get in.',
    deny: 'Deny',
  },
  {
    ...offers.de,
    ...who.de,
    title: 'Gerät verbinden?',
    wantsNameless:
      'Ein Gerät möchte dieses Gateway in Ihrem Namen benutzen; seine Anwendung nennt keinen Namen. Sie verbinden nicht diesen Browser, sondern jenes Gerät, wo immer es ist.',
    wants:
      'Ein Gerät mit der Anwendung {client} möchte dieses Gateway in Ihrem Namen benutzen. Sie verbinden nicht diesen Browser, sondern jenes Gerät, wo immer es ist.',
    codeMustBe: 'Der Code auf Ihrem Gerät muss lauten',
    askedFrom: 'Angefordert wurde er von der Adresse',
    unknownAddress: 'unbekannt',
    elsewhere: ', das ist nicht die Adresse dieses Browsers',
    at: 'Wann',
    justNow: 'gerade eben',
    minuteAgo: 'vor 1 Minute',
    minutesAgo: 'vor {minutes} Minuten',
    warning:
      'Fahren Sie nur fort, wenn Sie dies selbst begonnen haben und das Gerät vor Ihnen diesen Code zeigt. Hat Ihnen jemand den Code oder einen Link geschickt, wählen Sie Ablehnen: Nicht Sie, sondern diese Person bekäme Zugriff.',
    deny: 'Ablehnen',
  },
)
