import { useState } from "react"
import type { DeliveryView } from "../../../../stages/census/staging/views.ts"
import { Button, Notice, numberText, ShortList } from "../../../kit/index.ts"
import { useUrl } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"
import { act, doIt, useDesk } from "./desk.ts"
import { fieldsOf } from "./fields.ts"
import { useMayWork } from "./may-work.ts"
import { leftoversOf, othersOf, type SurveyTable, tablesOf } from "./shapes.ts"

type Choice = { kind: "point" | "line"; column: string; field: string | null }
const keyOf = (kind: string, column: string) => `${kind} ${column}`
const unknownIn = (table: SurveyTable) => table.columns.filter((c) => c.how === "unknown").length
const missingIn = (table: SurveyTable) =>
  fieldsOf(table.kind).filter((f) => f.required && !table.columns.some((c) => c.field === f.id))

/** 表与列: every table that was found, and what each of its columns was taken for. */
export function TablesStep({ delivery }: { delivery: DeliveryView }) {
  const { t } = useWords()
  const [search, setUrl] = useUrl()
  const may = useMayWork(delivery)
  const [chosen, setChosen] = useState<ReadonlyMap<string, Choice>>(new Map())
  const save = useDesk<DeliveryView>(() => setChosen(new Map()))
  const tables = tablesOf(delivery)
  if (delivery.rows === null)
    return <Notice icon="file" title={t("deliveries.not_checked")} text={t("deliveries.not_checked_text")} />
  // What needs a person comes first.
  const order = tables
    .map((table, index) => ({ table, index }))
    .sort((a, b) => missingIn(b.table).length - missingIn(a.table).length || unknownIn(b.table) - unknownIn(a.table))
  const open = tables[Number(search.table ?? order[0]?.index)] ?? order[0]?.table
  const choose = (table: SurveyTable, column: string, field: string | null) => {
    const next = new Map(chosen)
    const as_found = table.columns.find((c) => c.column === column)?.field ?? null
    if (field === as_found) next.delete(keyOf(table.kind, column))
    else next.set(keyOf(table.kind, column), { kind: table.kind, column, field })
    setChosen(next)
  }
  const send = () =>
    save.mutate(async () => {
      await act(delivery.id, "columns", { choices: [...chosen.values()] })
      return doIt(delivery.id, "check")
    })
  return (
    <div className="dv-two">
      <div className="scroll br">
        <ShortList
          label={t("deliveries.step.tables")}
          rows={order}
          idOf={({ index }) => index}
          selected={open ? tables.indexOf(open) : null}
          onSelect={({ index }) => setUrl({ table: String(index) }, { replace: true })}
          columns={[
            {
              id: "name",
              title: t("deliveries.table"),
              width: "minmax(110px,1fr)",
              cell: ({ table }) => <b title={`${table.file} · ${table.name}`}>{table.name || table.file}</b>,
            },
            {
              id: "class",
              title: t("deliveries.class"),
              width: "78px",
              cell: ({ table }) => `${table.class_code || "—"} ${t(`deliveries.kind.${table.kind}`)}`,
            },
            {
              id: "rows",
              title: t("deliveries.rows"),
              width: "60px",
              right: true,
              cell: ({ table }) => numberText(table.rows, 0),
            },
            {
              id: "unknown",
              title: t("deliveries.unknown_short"),
              width: "48px",
              right: true,
              cell: ({ table }) =>
                missingIn(table).length ? (
                  <b title={t("deliveries.missing")}>■ {missingIn(table).length}</b>
                ) : unknownIn(table) ? (
                  <b>{unknownIn(table)}</b>
                ) : (
                  "0"
                ),
            },
          ]}
        />
        <Unused delivery={delivery} />
      </div>
      <div className="col dv-right">
        {open ? (
          <Columns table={open} chosen={chosen} may={may} onChoose={(column, field) => choose(open, column, field)} />
        ) : (
          <Notice icon="search" title={t("deliveries.no_tables")} text={t("deliveries.no_tables_text")} />
        )}
        {may ? (
          <div className="act row g8">
            <Button kind="primary" disabled={chosen.size === 0 || save.isPending} onClick={send}>
              {t("deliveries.save_columns", { count: chosen.size })}
            </Button>
            <span className="i3 f12">{t("deliveries.columns_note")}</span>
          </div>
        ) : null}
      </div>
    </div>
  )
}

function Columns({
  table,
  chosen,
  may,
  onChoose,
}: {
  table: SurveyTable
  chosen: ReadonlyMap<string, Choice>
  may: boolean
  onChoose(column: string, field: string | null): void
}) {
  const { t, pick } = useWords()
  const fields = fieldsOf(table.kind)
  const missing = missingIn(table)
  const rows = [...table.columns].sort((a, b) => Number(b.how === "unknown") - Number(a.how === "unknown"))
  return (
    <div className="scroll">
      <div className="sec">
        <div className="row g8 wrap">
          <b className="f14">{table.name || table.file}</b>
          <span className="i3 f12">
            {t("deliveries.table_at", {
              file: table.file,
              header: table.header_row > 0 ? table.header_row : "—",
              rows: numberText(table.rows, 0),
            })}
          </span>
        </div>
        {missing.length ? (
          <p className="dv-note">
            <b>■</b>
            <span>{t("deliveries.missing_fields", { fields: missing.map((f) => pick(f.name)).join("、") })}</span>
          </p>
        ) : null}
      </div>
      <table className="t dv-cols">
        <thead>
          <tr>
            <th>{t("deliveries.column")}</th>
            <th>{t("deliveries.taken_for")}</th>
            <th>{t("deliveries.how_label")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((c) => {
            const choice = chosen.get(keyOf(table.kind, c.column))
            const field = choice ? choice.field : c.field
            return (
              <tr key={c.column} className={choice ? "sel" : ""}>
                <td>{c.how === "unknown" ? <b>{c.column || t("deliveries.no_name")}</b> : c.column}</td>
                <td>
                  {may && c.column ? (
                    <span className="in">
                      <select
                        aria-label={`${c.column}: ${t("deliveries.taken_for")}`}
                        value={field ?? ""}
                        onChange={(event) => onChoose(c.column, event.target.value || null)}
                      >
                        <option value="">{t("deliveries.not_used")}</option>
                        {fields.map((f) => (
                          <option key={f.id} value={f.id}>
                            {pick(f.name)}
                            {f.unit ? ` (${f.unit})` : ""}
                            {f.required ? " *" : ""}
                          </option>
                        ))}
                      </select>
                    </span>
                  ) : (
                    pick(fields.find((f) => f.id === field)?.name) || t("deliveries.not_used")
                  )}
                </td>
                <td className="i2">{choice ? t("deliveries.how.now") : t(`deliveries.how.${c.how}`)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}

/** Tables and rows that are not taken in, each with the reason: nothing is lost silently. */
function Unused({ delivery }: { delivery: DeliveryView }) {
  const { t, pick } = useWords()
  const others = othersOf(delivery)
  const leftovers = leftoversOf(delivery)
  if (others.length === 0 && leftovers.length === 0) return null
  return (
    <section className="dv-block pad">
      <h3>{t("deliveries.unused")}</h3>
      {others.map((o) => (
        <p key={`${o.file} ${o.name}`} className="f12">
          <b>{o.name && o.name !== o.file ? `${o.file} · ${o.name}` : o.file}</b>
          <br />
          <span className="i3">{pick(o.why)}</span>
        </p>
      ))}
      {leftovers.map((l) => (
        <p key={`${l.class_code} ${pick(l.why)}`} className="f12">
          <b>
            {t("deliveries.leftover", {
              class: l.class_code || "—",
              points: numberText(l.points, 0),
              lines: numberText(l.lines, 0),
            })}
          </b>
          <br />
          <span className="i3">{pick(l.why)}</span>
        </p>
      ))}
    </section>
  )
}
