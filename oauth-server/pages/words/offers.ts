/** What every page says that offers services: to be spread into its own words. */

import { definePage } from './words.ts'

export const offers = definePage(
  {
    forWhichService: 'For which service?',
    service: 'Service {service}',
    noServices: 'There is no service that you may use. Ask whoever runs this gateway.',
    inWhichever: 'The application may',
    useWhichever: 'Use the service that you choose',
    chooseService: 'Choose the service that the application may use.',
  },
  {
    forWhichService: 'Für welchen Dienst?',
    service: 'Dienst {service}',
    noServices:
      'Es gibt keinen Dienst, den Sie benutzen dürfen. Fragen Sie die Betreiber dieses Gateways.',
    inWhichever: 'Die Anwendung darf',
    useWhichever: 'Den Dienst benutzen, den Sie wählen',
    chooseService: 'Wählen Sie den Dienst, den die Anwendung benutzen darf.',
  },
)
