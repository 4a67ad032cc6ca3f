import { type BatchRow, useGet } from "../../api.ts"
import { Inspector, InspectorHead, KeyValues, Notice, numberText, Section, Shown } from "../../kit/index.ts"
import { exactText } from "../../time.ts"
import { useWords } from "../../words/index.ts"
import { useNames } from "../names.ts"

type Problem = {
  code?: string
  severity?: string
  words?: { zh: string; en: string }
  field?: string
  value?: unknown
  row?: number
  source_id?: string
  count?: number
}

/** One delivered file: what was taken from it and what was wrong, by rule. ■ blocks, □ warns. */
export function Problems({ id, onClose }: { id: number; onClose(): void }) {
  const { t, pick } = useWords()
  const names = useNames()
  const batches = useGet<BatchRow[]>("census", "/api/census/batches")
  return (
    <Inspector label={t("census.batches")}>
      <Shown query={batches}>
        {(rows) => {
          const batch = rows.find((b) => b.id === id)
          if (!batch) return <Notice icon="search" title={t("state.empty")} />
          const problems = batch.problems as Problem[]
          return (
            <>
              <InspectorHead
                marks={<span className="chip">{names.lifeline(batch.lifeline)}</span>}
                title={batch.file_name}
                code={`#${batch.id}`}
                onClose={onClose}
              />
              <Section>
                <KeyValues
                  rows={[
                    { key: t("census.imported"), value: exactText(batch.imported_at) },
                    { key: t("census.assets"), value: numberText(batch.assets, 0) },
                    { key: t("census.devices"), value: numberText(batch.devices, 0) },
                  ]}
                />
              </Section>
              <Section title={t("census.problems")} note={String(problems.length)}>
                {problems.length === 0 ? (
                  <Notice icon="check" title={t("census.no_problems")} text={t("census.no_problems_text")} />
                ) : (
                  problems.map((problem, i) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: the list of a finished import never changes
                    <div key={i} className="row g8 f12 bb" style={{ padding: "5px 0", alignItems: "baseline" }}>
                      <span aria-hidden="true">{problem.severity === "error" ? "■" : "□"}</span>
                      <span className="sp">
                        {problem.words ? pick(problem.words) : (problem.code ?? JSON.stringify(problem))}
                        <span className="i3">
                          {" "}
                          {[
                            problem.source_id,
                            problem.field,
                            problem.value === undefined ? null : String(problem.value),
                          ]
                            .filter(Boolean)
                            .join(" · ")}
                        </span>
                      </span>
                      {problem.count && problem.count > 1 ? <b>×{problem.count}</b> : null}
                    </div>
                  ))
                )}
              </Section>
            </>
          )
        }}
      </Shown>
    </Inspector>
  )
}
