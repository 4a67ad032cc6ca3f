/** What a fault did to what was acknowledged. */
export type FaultResult = {
  fault: string
  acknowledged: number
  missing: number
  doubled: number
  /** What was seen, in a few words. */
  said: string
  /** What is not as it should be, the first of it. */
  wrong: string[]
}

/** What was compared: readings and seconds of waveforms that were acknowledged, and what of them is wrong. */
export type Found = { acknowledged: number; missing: string[]; doubled: string[] }

const wrong_max = 20

/** A fault's result from what was found; other things that are wrong stand in `also`, and count as missing. */
export function resultOf(fault: string, said: string, found: readonly Found[], also: readonly string[] = []) {
  const missing = [...found.flatMap((f) => f.missing), ...also]
  const doubled = found.flatMap((f) => f.doubled)
  return {
    fault,
    acknowledged: found.reduce((n, f) => n + f.acknowledged, 0),
    missing: missing.length,
    doubled: doubled.length,
    said,
    wrong: [...missing, ...doubled].slice(0, wrong_max),
  } satisfies FaultResult
}

/** The line of a fault. */
export const lineOf = (r: FaultResult): string =>
  `${r.missing + r.doubled === 0 ? "✓" : "✗"} ${r.fault}: acknowledged ${r.acknowledged}, missing ${r.missing}, doubled ${r.doubled}; ${r.said}`
