/** What is wrong with a table's header: names missing over data, names twice, columns that must be there. */
import type { Table } from "../../../platform/tables/index.ts"
import { fieldsOf } from "./fields.ts"
import type { Recognised } from "./header.ts"
import { cellText, plainName } from "./text.ts"
import type { Issue, SurveyTable } from "./types.ts"
import { tableIssue } from "./words.ts"

/** Rows looked at to see whether a column without a name holds anything. */
const looked_at = 1000

export function headerIssues(
  index: number,
  table: SurveyTable,
  seen: Extract<Recognised, { what: "survey" }>,
  from: Table,
  at: Uint32Array,
): Issue[] {
  const say = (field: string, value: string, zh: string, en: string): Issue =>
    tableIssue("header", table, { index, row: table.header_row, field, value }, { zh, en })
  const issues: Issue[] = []
  for (const id of seen.missing) {
    const { name } = fieldsOf(table.kind).find((field) => field.id === id)!
    issues.push(
      say(
        id,
        "",
        `缺少列“${name.zh}”；请补上该列或指定对应的列`,
        `No column for "${name.en}"; add it or choose the column that is meant`,
      ),
    )
  }
  const first = new Map<string, number>()
  seen.header.names.forEach((written, i) => {
    const name = cellText(written)
    const letter = `${i + 1}`
    if (name === "") {
      const holds = at.subarray(0, looked_at).some((row) => cellText(from.cells[i]?.[row]) !== "")
      if (holds)
        issues.push(
          say(
            "",
            letter,
            `第 ${letter} 列有数据而没有列名；请补上列名`,
            `Column ${letter} holds data under no name; name it`,
          ),
        )
      return
    }
    const key = plainName(name) === "" ? name : name.toLowerCase().replace(/\s+/g, "")
    if (first.has(key))
      issues.push(
        say(
          "",
          name,
          `列名“${name}”在第 ${first.get(key)! + 1} 列和第 ${letter} 列重复；只采用前一列，请改名`,
          `Column name "${name}" stands over columns ${first.get(key)! + 1} and ${letter}; the first counts: rename one`,
        ),
      )
    else first.set(key, i)
  })
  return issues
}
