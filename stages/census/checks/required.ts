import { type SurveyField, survey_line_fields, survey_point_fields } from "../../../model/index.ts"
import { type Context, line_flag, point_flag } from "./context.ts"

/** Cells that must not be empty. A whole column that is missing is the header's matter. */
export function required(c: Context): void {
  const { points, lines } = c.survey
  const words = (field: SurveyField) => ({ zh: `“${field.name.zh}”为空`, en: `"${field.name.en}" is empty` })
  const odd = new Set<string>()
  for (const cell of points.odd) if (cell.field === "x" || cell.field === "y") odd.add(`${cell.field} ${cell.index}`)
  for (const field of survey_point_fields) {
    if (!("required" in field)) continue
    const [texts, numbers] = [points.text[field.id], points.number[field.id]]
    for (let i = 0; i < points.count; i++) {
      if (texts ? texts[i] !== "" : !numbers || !Number.isNaN(numbers[i]!) || odd.has(`${field.id} ${i}`)) continue
      c.point_flags[i]! |= field.id === "exp_no" ? point_flag.number : point_flag.place
      c.sayPoint("required", i, field.id, words(field))
    }
  }
  for (const field of survey_line_fields) {
    const texts = "required" in field ? lines.text[field.id] : undefined
    for (let i = 0; texts && i < lines.count; i++) {
      if (texts[i] !== "") continue
      c.line_flags[i]! |= line_flag.void
      c.sayLine("required", i, field.id, words(field))
    }
  }
}
