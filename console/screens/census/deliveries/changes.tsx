import type { ReactNode } from "react"
import type { ChangeSetView } from "../../../../stages/census/changes/views.ts"
import { type Column, DataList, Notice, numberText, ScreenHead, SelectField } from "../../../kit/index.ts"
import { exactText } from "../../../time.ts"
import { type Search, useUrl } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"

export const change_base = "/api/census/changes"
const statuses = ["proposed", "published", "rejected", "withdrawn", "replaced", "undone", "empty"] as const
const refresh_ms = 10_000

/** What of the address leads to one change set. */
export const toChange = (id: number): Search => ({
  view: "changes",
  change: String(id),
  delivery: undefined,
  step: undefined,
  rule: undefined,
  issue: undefined,
  state: undefined,
  table: undefined,
  sort: undefined,
  q: undefined,
  in: undefined,
})
export const toDelivery = (id: number): Search => ({
  view: "deliveries",
  delivery: String(id),
  change: undefined,
  row: undefined,
  action: undefined,
  sort: undefined,
})

/** 变更审批: what was submitted, what waits, what was decided. */
export function ChangeList({ switcher }: { switcher: ReactNode }) {
  const { t } = useWords()
  const [search, setUrl] = useUrl()
  const columns: Column<ChangeSetView>[] = [
    { id: "id", title: t("deliveries.no"), width: "52px", sort: "id", cell: (s) => <span className="m">{s.id}</span> },
    { id: "name", title: t("changes.delivery"), width: "minmax(150px,2fr)", cell: (s) => <b>{s.delivery_name}</b> },
    {
      id: "status",
      title: t("deliveries.status_label"),
      width: "84px",
      cell: (s) => <ChangeStatus status={s.status} />,
    },
    {
      id: "counts",
      title: t("changes.counts"),
      width: "minmax(170px,1fr)",
      cell: (s) => <CountsText counts={s.counts} />,
    },
    {
      id: "submitted",
      title: t("changes.submitted"),
      width: "minmax(190px,1fr)",
      sort: "submitted_at",
      cell: (s) => (
        <>
          {s.submitted_name} <span className="i3">{exactText(s.submitted_at)}</span>
        </>
      ),
    },
    {
      id: "decided",
      title: t("changes.decided"),
      width: "minmax(190px,1fr)",
      cell: (s) =>
        s.decided_at ? (
          <>
            {s.decided_name} <span className="i3">{exactText(s.decided_at)}</span>
          </>
        ) : (
          "—"
        ),
    },
  ]
  return (
    <main className="main one">
      <section className="panel">
        <ScreenHead title={t("changes.title")} note={t("changes.note")}>
          {switcher}
        </ScreenHead>
        <div className="filters">
          <SelectField
            param="status"
            label={t("deliveries.status_label")}
            options={statuses.map((value) => ({ value, words: t(`changes.status.${value}`) }))}
          />
        </div>
        <DataList<ChangeSetView>
          kind="change"
          path={change_base}
          query={{ status: search.status }}
          columns={columns}
          idOf={(s) => s.id}
          selected={null}
          onSelect={(s) => setUrl({ change: String(s.id), sort: undefined })}
          label={t("changes.title")}
          every_ms={refresh_ms}
          {...(search.status
            ? {}
            : { empty: <Notice icon="check" title={t("changes.empty")} text={t("changes.empty_text")} /> })}
        />
      </section>
    </main>
  )
}

export function ChangeStatus({ status }: { status: string }) {
  const { t } = useWords()
  const look = { proposed: "on", published: "fill" }[status] ?? "dash"
  return <span className={`chip ${look}`}>{t(`changes.status.${status}`, { defaultValue: status })}</span>
}

/** +11 · ~3 · −2 with words on hover. */
export function CountsText({ counts }: { counts: ChangeSetView["counts"] }) {
  const { t } = useWords()
  const text = (["added", "changed", "ended"] as const)
    .map((name) => `${t(`changes.count.${name}`)} ${numberText(counts[name] ?? 0, 0)}`)
    .join(" · ")
  return <span title={text}>{text}</span>
}
