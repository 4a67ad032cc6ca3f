import type { Words } from "../../../model/index.ts"
import type { RuleId } from "../checks/rules.ts"
import type { Issue, SurveyTable } from "./types.ts"

export const other_why: Record<"no-header" | "no-columns" | "empty", Words> = {
  "no-header": {
    zh: "前 30 行内没有找到管线普查表的表头（如 物探点号、X、Y 或 起点点号、终点点号）",
    en: "No header of a survey table in the first 30 rows (such as Exp_No, X, Y or S_Point, E_Point)",
  },
  "no-columns": {
    zh: "不是管线普查的点表或线表：没有点号与坐标，也没有起点与终点；如是，请指定各列的含义",
    en: "No point or line table of a survey: neither point number and coordinates nor start and end; if it is one, choose the meaning of its columns",
  },
  empty: { zh: "表中没有数据", en: "The table is empty" },
}

/** An issue of a whole table. */
export const tableIssue = (
  rule: RuleId,
  table: Pick<SurveyTable, "file" | "name">,
  at: { index: number; row: number; field: string; value: string },
  words: Words,
): Issue => ({
  rule,
  table: at.index,
  file: table.file,
  table_name: table.name,
  row: at.row,
  key: "",
  field: at.field,
  value: at.value,
  words,
  at: null,
  fix: null,
})
