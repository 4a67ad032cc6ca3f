/** Linear least squares by normal equations, which can leave one observation out without starting anew. */

/** The equations that one point gives: row · x = value. */
export type Observation = { row: number[]; value: number }[]

/** A solver: all observations (null), or all but one. It gives null where they do not fix every unknown. */
export function leastSquares(
  observations: readonly Observation[],
  unknowns: number,
): (without: number | null) => number[] | null {
  const sum = Array.from({ length: unknowns }, () => Array.from({ length: unknowns + 1 }, () => 0))
  const add = (into: number[][], observation: Observation, sign: 1 | -1): void => {
    for (const { row, value } of observation)
      for (let i = 0; i < unknowns; i++) {
        for (let j = 0; j < unknowns; j++) into[i]![j]! += sign * row[i]! * row[j]!
        into[i]![unknowns]! += sign * row[i]! * value
      }
  }
  for (const observation of observations) add(sum, observation, 1)
  return (without) => {
    const matrix = sum.map((row) => [...row])
    if (without !== null) add(matrix, observations[without]!, -1)
    return solve(matrix, unknowns)
  }
}

/** Gauss with pivots, after scaling unknowns to a like size; a pivot below 1e-10 of it counts as 0. */
function solve(matrix: number[][], unknowns: number): number[] | null {
  const scale = matrix.map((row, i) => 1 / Math.sqrt(Math.max(row[i]!, 1e-300)))
  for (let i = 0; i < unknowns; i++) {
    for (let j = 0; j < unknowns; j++) matrix[i]![j]! *= scale[i]! * scale[j]!
    matrix[i]![unknowns]! *= scale[i]!
  }
  for (let k = 0; k < unknowns; k++) {
    let best = k
    for (let i = k + 1; i < unknowns; i++) if (Math.abs(matrix[i]![k]!) > Math.abs(matrix[best]![k]!)) best = i
    const pivot = matrix[best]!
    matrix[best] = matrix[k]!
    matrix[k] = pivot
    if (!(Math.abs(pivot[k]!) > 1e-10)) return null
    for (let i = k + 1; i < unknowns; i++) {
      const factor = matrix[i]![k]! / pivot[k]!
      for (let j = k; j <= unknowns; j++) matrix[i]![j]! -= factor * pivot[j]!
    }
  }
  const x = Array.from({ length: unknowns }, () => 0)
  for (let i = unknowns - 1; i >= 0; i--) {
    let value = matrix[i]![unknowns]!
    for (let j = i + 1; j < unknowns; j++) value -= matrix[i]![j]! * x[j]!
    x[i] = value / matrix[i]![i]!
  }
  return x.map((value, i) => value * scale[i]!)
}
