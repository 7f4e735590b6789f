import { definePage } from './words.ts'

export const deviceCode = definePage(
  {
    title: 'Connect a device',
    enter: 'Enter the code that your device shows.',
    unknown:
      'No device waits under this code. It may have expired or been used: look at what your device shows now.',
    label: 'Code',
    hint: 'Eight letters; capitals and the dash do not matter.',
    warning:
      'Go on only if you have just started this on a device of your own. Whoever sent you a code would get into this gateway in your name.',
    goOn: 'Continue',
  },
  {
    title: 'Ein Gerät verbinden',
    enter: 'Geben Sie den Code ein, den Ihr Gerät zeigt.',
    unknown:
      'Unter diesem Code wartet kein Gerät. Er ist vielleicht abgelaufen oder schon benutzt: Sehen Sie nach, was Ihr Gerät jetzt zeigt.',
    label: 'Code',
    hint: 'Acht Buchstaben; Großschreibung und Strich sind gleichgültig.',
    warning:
      'Fahren Sie nur fort, wenn Sie dies gerade auf einem eigenen Gerät begonnen haben. Wer Ihnen einen Code geschickt hat, käme in Ihrem Namen in dieses Gateway.',
    goOn: 'Weiter',
  },
)
