import Type from "typebox"
import { ProblemError } from "../../model/index.ts"
import type { App } from "../../platform/app.ts"
import { cursorOf, forbidden, type Input, pageOf } from "../../platform/http/index.ts"
import { ListQuery, Page } from "../../platform/http/views.ts"
import type { Analysis } from "./index.ts"
import * as store from "./store.ts"
import { thresholdRule } from "./thresholds.ts"
import { FindingView, RuleRow } from "./views.ts"

export function installRoutes(app: App, face: Analysis) {
  app.http.route({
    method: "GET",
    url: "/api/analysis/rules",
    permission: "alarms.read",
    summary: "Rules with their subjects; a rule that failed says why it is off",
    response: Type.Array(RuleRow),
    handler: () =>
      face.rules().map((r) => {
        for (const lifeline of app.lifelines) {
          const detector = lifeline.detectors.find((d) => d.rule === r.rule)
          if (detector)
            return {
              ...base(r),
              version: detector.version,
              lifeline: lifeline.id,
              name: detector.name,
              kind: "detector" as const,
              source: null,
            }
          const threshold = lifeline.thresholds.find((t) => thresholdRule(lifeline, t) === r.rule)
          if (threshold)
            return {
              ...base(r),
              version: threshold.version,
              lifeline: lifeline.id,
              name: threshold.title,
              kind: "threshold" as const,
              source: threshold.source,
            }
        }
        return {
          ...base(r),
          version: 0,
          lifeline: "",
          name: { zh: r.rule, en: r.rule },
          kind: "detector" as const,
          source: null,
        }
      }),
  })
  app.http.route({
    method: "GET",
    url: "/api/analysis/findings",
    permission: "alarms.read",
    summary: "What the detectors concluded, newest first",
    query: Type.Object(ListQuery),
    response: Page(FindingView),
    async handler({ query, scopes }) {
      const { limit, offset } = cursorOf(query)
      const { rows, total } = await store.listFindings(
        app.sql.db,
        { lifelines: wholeLifelines(scopes), q: query.q },
        limit,
        offset,
      )
      return pageOf(rows, total, limit, offset)
    },
  })
}

const base = (r: { rule: string; subjects: number; late: number; trouble: string | null }) => ({
  rule: r.rule,
  subjects: r.subjects,
  late: r.late,
  trouble: r.trouble,
})

/** Findings are of areas and networks: only who sees a lifeline's every owner and area sees them in a list. */
function wholeLifelines(scopes: Input["scopes"]): string[] | null {
  const whole = scopes.filter((s) => s.organisations === "all" && s.areas === "all")
  if (whole.length === 0) throw new ProblemError(forbidden("alarms.read"))
  return whole.some((s) => s.lifelines === "all") ? null : whole.flatMap((s) => s.lifelines)
}
