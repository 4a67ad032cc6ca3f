/** Finds a row by lifeline and code: a table of row numbers, which takes 10 bytes an asset where a Map takes 100. */
import type { Columns } from "./columns.ts"

/** The table of the rows there are is built at the first question. */
export function codeTable(columns: Columns) {
  const loaded = columns.rows
  let slots: Int32Array | null = null
  const later = new Map<string, number>()

  const hash = (code: string): number => {
    let h = 0x811c9dc5
    for (let i = 0; i < code.length; i++) h = Math.imul(h ^ code.charCodeAt(i), 0x01000193)
    return (h ^ (h >>> 15)) >>> 0
  }
  function build(): Int32Array {
    const size = 2 ** Math.ceil(Math.log2(Math.max(16, 1.7 * loaded)))
    const table = new Int32Array(size).fill(-1)
    for (let row = 0; row < loaded; row++) {
      const code = columns.code(row)
      if (code === null) continue
      let at = hash(code) & (size - 1)
      while (table[at] !== -1) at = (at + 1) & (size - 1)
      table[at] = row
    }
    return table
  }
  return {
    /** A row that came later. */
    add(row: number): void {
      const code = columns.code(row)
      if (code !== null) later.set(`${columns.group(row).lifeline}\n${code}`, row)
    },
    /** A live row; of several with one code the newest. */
    find(lifeline: string, code: string): number | undefined {
      const newer = later.get(`${lifeline}\n${code}`)
      if (newer !== undefined && !columns.isDead(newer)) return newer
      slots ??= build()
      let found: number | undefined
      for (let at = hash(code) & (slots.length - 1); slots[at] !== -1; at = (at + 1) & (slots.length - 1)) {
        const row = slots[at]!
        if (columns.code(row) === code && columns.group(row).lifeline === lifeline && !columns.isDead(row)) found = row
      }
      return found
    },
  }
}
