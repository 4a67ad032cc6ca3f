import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from "react"
import type { DeliveryView, IssueView } from "../../../../stages/census/staging/views.ts"
import { useKeys } from "../../../frame/index.ts"
import { type Column, DataList, Notice, numberText, SearchField, SelectField, usePages } from "../../../kit/index.ts"
import { useUrl } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"
import { base } from "./desk.ts"
import { fieldName } from "./fields.ts"
import { IssueDetail } from "./issue-detail.tsx"
import { IssueMap } from "./issue-map.tsx"
import { cellOf, editableField, useCorrect, useDecided } from "./issue-work.ts"
import { useMayWork } from "./may-work.ts"
import { RuleList } from "./rules.tsx"
import { tablesOf } from "./shapes.ts"

const states = ["open", "fixed", "accepted", "all"] as const

/** 修正: what is wrong, by rule; each row with its words, its proposal and its place, worked off by keyboard. */
export function IssuesStep({ delivery }: { delivery: DeliveryView }) {
  const { t } = useWords()
  const [search, setUrl] = useUrl()
  const may = useMayWork(delivery)
  const state = states.find((s) => s === search.state) ?? "open"
  const filter = { rule: search.rule, state: state === "all" ? undefined : state }
  const query = { ...filter, q: search.q, table: search.in }
  const path = `${base}/${delivery.id}/issues`
  const rows =
    usePages<IssueView>("issue", path, { ...query, sort: search.sort }).data?.pages.flatMap((p) => p.items) ?? []
  const chosen = Number(search.issue) || null
  const selected = useKept(rows.find((r) => r.id === chosen) ?? null, chosen)
  const select = (id: number | null) => setUrl({ issue: id === null ? undefined : String(id) }, { replace: true })
  const next = () => {
    const at = rows.findIndex((r) => r.id === chosen)
    select((rows[at + 1] ?? rows[at - 1])?.id ?? null)
  }
  const [editing, setEditing] = useState<number | null>(null)
  const [asking, setAsking] = useState<"exception" | null>(null)
  const decided = useDecided(delivery.id)
  const work = useCorrect(delivery.id, next)
  const edit = () => {
    if (may && selected && editableField(selected)) setEditing(selected.id)
  }
  useKeys({
    f: () => {
      if (may && selected?.fix && selected.state === "open") work.fix(selected)
    },
    e: () => {
      if (may && selected?.state === "open") setAsking("exception")
    },
    Enter: edit,
    Escape: () => {
      if (editing === null && asking === null) return select(null)
      setEditing(null)
      setAsking(null)
    },
  })
  // A row that has the focus would take Enter as a click.
  const onEnter = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || /^(INPUT|TEXTAREA|SELECT|BUTTON|A)$/.test((event.target as HTMLElement).tagName))
      return
    if (!selected) return
    event.preventDefault()
    event.stopPropagation()
    edit()
  }
  const columns = useColumns({
    corrected: (issue) => decided.corrections.get(cellOf(issue, editableField(issue) ?? ""))?.value,
    editing,
    onSave: (issue, value) => {
      setEditing(null)
      work.correct(issue, value)
    },
    onStop: () => setEditing(null),
  })
  if (delivery.rows === null)
    return <Notice icon="file" title={t("deliveries.not_checked")} text={t("deliveries.not_checked_text")} />
  return (
    <div className="dv-three">
      <RuleList delivery={delivery} />
      <div className="col dv-right br" onKeyDownCapture={onEnter}>
        <div className="filters">
          <SearchField placeholder={t("deliveries.search_issue")} />
          <SelectField
            param="state"
            label={t("deliveries.state.open")}
            options={states.slice(1).map((value) => ({ value, words: t(`deliveries.state.${value}`) }))}
            also={["issue"]}
          />
          <SelectField
            param="in"
            label={t("deliveries.all_tables")}
            options={[...new Set(tablesOf(delivery).map((table) => table.name))].map((value) => ({
              value,
              words: value,
            }))}
            also={["issue"]}
          />
          <span className="sp" />
          <a className="lk f12 i2" href={`${base}/${delivery.id}/issues.csv`} download>
            {t("deliveries.all_csv")}
          </a>
        </div>
        {delivery.issues_left_out > 0 ? (
          <p className="dv-note">
            <b>■</b>
            <span>{t("deliveries.left_out", { count: numberText(delivery.issues_left_out, 0) })}</span>
          </p>
        ) : null}
        <DataList<IssueView>
          kind="issue"
          path={path}
          query={query}
          columns={columns}
          idOf={(r) => r.id}
          selected={chosen}
          onSelect={(r) => {
            if (r.id === editing) return
            setEditing(null)
            select(r.id)
          }}
          label={t("deliveries.step.issues")}
          mark={(r) => (r.state === "open" ? "" : "off")}
          {...(state === "open" && !search.q && !search.in
            ? {
                empty: (
                  <Notice
                    icon="check"
                    title={t("deliveries.none_open")}
                    text={t(delivery.stale ? "deliveries.none_open_stale" : "deliveries.none_open_text")}
                  />
                ),
              }
            : {})}
        />
        <IssueDetail
          delivery={delivery}
          issue={selected}
          may={may}
          asking={asking}
          onAsk={setAsking}
          onEdit={edit}
          work={work}
          decided={decided}
          filter={filter}
        />
      </div>
      <IssueMap delivery={delivery} filter={filter} issue={selected} onPick={select} />
    </div>
  )
}

/** The chosen issue stays in sight while the list is asked for again without it. */
function useKept(found: IssueView | null, id: number | null): IssueView | null {
  const kept = useRef<IssueView | null>(null)
  if (found) kept.current = found
  return found ?? (kept.current?.id === id ? kept.current : null)
}

type Cells = {
  corrected(issue: IssueView): string | undefined
  editing: number | null
  onSave(issue: IssueView, value: string): void
  onStop(): void
}
function useColumns(cells: Cells): Column<IssueView>[] {
  const { t, pick } = useWords()
  return useMemo(
    () => [
      {
        id: "row",
        title: t("deliveries.row"),
        width: "48px",
        sort: "row",
        right: true,
        cell: (r) => <span className="i3">{r.row || "—"}</span>,
      },
      {
        id: "table",
        title: t("deliveries.table"),
        width: "minmax(64px,.7fr)",
        sort: "table",
        cell: (r) => <span title={`${r.file} · ${r.table}`}>{r.table || r.file}</span>,
      },
      {
        id: "key",
        title: t("deliveries.key"),
        width: "minmax(80px,.9fr)",
        sort: "key",
        cell: (r) => <span className="m">{r.key || "—"}</span>,
      },
      {
        id: "field",
        title: t("deliveries.field"),
        width: "minmax(74px,.8fr)",
        sort: "field",
        cell: (r) => pick(fieldName(r.field)) || r.field || "—",
      },
      {
        id: "value",
        title: t("deliveries.value"),
        width: "minmax(150px,1.7fr)",
        cell: (r) =>
          r.id === cells.editing ? (
            <CellInput issue={r} onSave={(value) => cells.onSave(r, value)} onStop={cells.onStop} />
          ) : (
            <ValueCell issue={r} corrected={cells.corrected(r)} />
          ),
      },
      {
        id: "state",
        title: t("deliveries.state_label"),
        width: "64px",
        sort: "state",
        cell: (r) => t(`deliveries.state.${r.state}`),
      },
    ],
    [t, pick, cells],
  )
}

/** Old struck through, what would stand there in bold: proposed in a box, corrected on a line. */
function ValueCell({ issue, corrected }: { issue: IssueView; corrected: string | undefined }) {
  const { t, pick } = useWords()
  if (corrected !== undefined)
    return (
      <span className="dv-cell" title={t("deliveries.corrected")}>
        <s>{issue.value || "—"}</s> <b className="new">{corrected || "—"}</b>
      </span>
    )
  if (!issue.fix || issue.state !== "open") return <span title={issue.value}>{issue.value || "—"}</span>
  // A proposal may be about another cell of the row than the one that is wrong.
  const same = issue.fix.field === issue.field
  return (
    <span className="dv-cell">
      {same ? <s>{issue.value || "—"}</s> : <span>{issue.value}</span>}{" "}
      <b className="fix">
        {same ? "" : `${pick(fieldName(issue.fix.field)) || issue.fix.field}: `}
        {issue.fix.value || "—"}
      </b>
    </span>
  )
}

function CellInput({ issue, onSave, onStop }: { issue: IssueView; onSave(value: string): void; onStop(): void }) {
  const { t } = useWords()
  const [value, setValue] = useState(issue.field === editableField(issue) ? issue.value : "")
  const box = useRef<HTMLInputElement>(null)
  useEffect(() => box.current?.select(), [])
  return (
    <input
      ref={box}
      // biome-ignore lint/a11y/noAutofocus: the cell was just opened to be typed into
      autoFocus
      className="dv-edit"
      aria-label={t("deliveries.new_value")}
      value={value}
      maxLength={1000}
      onChange={(event) => setValue(event.target.value)}
      onClick={(event) => event.stopPropagation()}
      onBlur={onStop}
      onKeyDown={(event) => {
        event.stopPropagation()
        if (event.key === "Enter") onSave(value.trim())
        if (event.key === "Escape") onStop()
      }}
    />
  )
}
