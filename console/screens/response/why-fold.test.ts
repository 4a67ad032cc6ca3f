import { expect, test } from "vitest"
import { fold } from "./why-fold.ts"

const line = (kind: string, text: string) => ({
  depth: 0,
  kind,
  time: 0,
  words: { zh: text, en: text },
  detail: null,
  link: null,
})
const finding = (n: number) => [line("reading", `r${n}`), line("finding", `f${n}`), line("reason", `+${n}`)]

test("findings between the first and the last are folded, everything else stays", () => {
  const { lines, folded } = fold([...finding(1), ...finding(2), ...finding(3), ...finding(4), line("alarm", "a")])
  expect(folded).toBe(2)
  expect(lines.map((l) => l.line.words.en)).toEqual(["r1", "f1", "+1", "r4", "f4", "+4", "a"])
  expect(lines.map((l) => l.after_fold)).toEqual([false, false, false, true, false, false, false])
})

test("two findings stay as they are, also without readings", () => {
  const { lines, folded } = fold([
    line("finding", "f1"),
    line("reason", "+"),
    line("finding", "f2"),
    line("alarm", "a"),
  ])
  expect(folded).toBe(0)
  expect(lines).toHaveLength(4)
})
