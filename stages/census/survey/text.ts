/** Cells as people write them: full-width forms, blanks of every kind, words for "nothing". */
import type { Cell } from "../../../platform/tables/index.ts"

/** What must be changed before a cell is plain: full-width forms, odd blanks, blanks at the ends. */
const unclean = /^\s|\s$|[\u00a0\u2000-\u200f\u202f\u3000\ufeff\uff01-\uff5e\ufffd\p{Cc}]/u

/** Full-width digits, letters and punctuation (U+FF01…U+FF5E) become half-width; blanks of every kind become one. */
export function clean(text: string): string {
  if (!unclean.test(text)) return text
  return text
    .replace(/[\uff01-\uff5e]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0))
    .replace(/[\u200b-\u200f\ufeff]/g, "")
    .replace(/[\s\p{Cc}\u00a0\u3000]+/gu, " ")
    .trim()
}

/** A cell as clean text; "" where it is empty. */
export function cellText(cell: Cell | undefined): string {
  if (cell === null || cell === undefined) return ""
  if (typeof cell === "string") return clean(cell)
  return String(cell)
}

/** True for what is written where there is nothing: dashes, slashes, NULL. */
export const says_nothing = (text: string): boolean =>
  text === "" || /^(?:[-—–―/\\]+|<?null>?|\(null\)|n\/a)$/i.test(text)

/** A name without what writers vary: units and remarks in brackets, blanks, line breaks, case, punctuation. */
export function plainName(name: string): string {
  return clean(name)
    .toLowerCase()
    .replace(/\([^()]*\)|\[[^[\]]*\]|【[^【】]*】|〔[^〔〕]*〕/g, "")
    .replace(/[（([【〔].*$/, "")
    .replace(/[^\p{L}\p{N}φ×]+/gu, "")
}
