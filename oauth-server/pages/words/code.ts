import { definePage } from './words.ts'

export const code = definePage(
  {
    title: 'Your code',
    copy: 'Copy this code into the application that you have started:',
    warning:
      'Give it to nobody: whoever has it may finish the login in your name. It works once, for a minute.',
  },
  {
    title: 'Ihr Code',
    copy: 'Kopieren Sie diesen Code in die Anwendung, die Sie gestartet haben:',
    warning:
      'Geben Sie ihn niemandem: Wer ihn hat, kann die Anmeldung in Ihrem Namen abschließen. Er gilt einmal und nur eine Minute.',
  },
)
