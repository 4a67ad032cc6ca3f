import { type SurveyField, survey_line_fields, survey_point_fields } from "../../../../model/survey.ts"

/** Fields that a column of such a table may be. */
export const fieldsOf = (kind: "point" | "line"): readonly SurveyField[] =>
  kind === "point" ? survey_point_fields : survey_line_fields

/** Words of a field of either kind of table; null where the id is none. */
export const fieldName = (id: string) =>
  [...survey_point_fields, ...survey_line_fields].find((field) => field.id === id)?.name ?? null
