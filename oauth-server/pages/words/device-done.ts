import { definePage } from './words.ts'

export const deviceDone = definePage(
  {
    title: 'Connect a device',
    approved: 'Your device is connected',
    approvedNext:
      'You can go back to your device: it goes on by itself within a few seconds. You may close this page.',
    refused: 'Your device was refused',
    refusedNext: 'You can go back to your device: it got no access. You may close this page.',
  },
  {
    title: 'Ein Gerät verbinden',
    approved: 'Ihr Gerät ist verbunden',
    approvedNext:
      'Sie können zu Ihrem Gerät zurückgehen: Es macht in wenigen Sekunden von selbst weiter. Sie können diese Seite schließen.',
    refused: 'Ihr Gerät wurde abgelehnt',
    refusedNext:
      'Sie können zu Ihrem Gerät zurückgehen: Es hat keinen Zugriff bekommen. Sie können diese Seite schließen.',
  },
)
