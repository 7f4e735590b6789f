import { testChildren } from '../../support/hosted-children.ts'

await testChildren(true)
