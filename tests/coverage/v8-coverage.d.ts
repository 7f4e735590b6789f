/** The package has no types of its own. */
declare module '@bcoe/v8-coverage' {
  export interface RangeCov {
    startOffset: number
    endOffset: number
    count: number
  }
  export interface FunctionCov {
    functionName: string
    ranges: RangeCov[]
    isBlockCoverage: boolean
  }
  export interface ScriptCov {
    scriptId: string
    url: string
    functions: FunctionCov[]
  }
  /** Undefined of none. */
  export function mergeScriptCovs(scripts: readonly ScriptCov[]): ScriptCov | undefined
}
