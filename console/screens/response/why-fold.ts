import type { WhyView } from "../../api.ts"

type Line = WhyView["lines"][number]
export type FoldedLine = { line: Line; after_fold: boolean }
export const whole = (line: Line): FoldedLine => ({ line, after_fold: false })
const of_finding = new Set(["reading", "finding", "reason"])

/** Keeps the first and the last finding of an alarm, counts those between. */
export function fold(lines: readonly Line[]): { lines: FoldedLine[]; folded: number } {
  const out: FoldedLine[] = []
  let folded = 0
  for (let i = 0; i < lines.length; ) {
    if (!of_finding.has(lines[i]!.kind)) {
      out.push(whole(lines[i]!))
      i++
      continue
    }
    const blocks: Line[][] = []
    for (; i < lines.length && of_finding.has(lines[i]!.kind); i++) {
      const line = lines[i]!
      const before = blocks.at(-1)?.at(-1)
      const starts =
        !before ||
        (line.kind === "reading" && before.kind !== "reading") ||
        (line.kind === "finding" && before.kind !== "reading")
      if (starts) blocks.push([])
      blocks.at(-1)!.push(line)
    }
    blocks.forEach((block, at) => {
      if (at > 0 && at < blocks.length - 1) {
        folded++
        return
      }
      block.forEach((line, j) => {
        out.push({ line, after_fold: blocks.length > 2 && at === blocks.length - 1 && j === 0 })
      })
    })
  }
  return { lines: out, folded }
}
