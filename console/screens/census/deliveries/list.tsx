import type { ReactNode } from "react"
import type { DeliveryRow } from "../../../../stages/census/staging/views.ts"
import { can, useMe } from "../../../api.ts"
import {
  Ago,
  Button,
  type Column,
  DataList,
  Notice,
  numberText,
  ScreenHead,
  SearchField,
  SelectField,
} from "../../../kit/index.ts"
import { useUrl } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"
import { base } from "./desk.ts"
import { NewDelivery } from "./new.tsx"

export const statuses = [
  "receiving",
  "checking",
  "checked",
  "failed",
  "cancelled",
  "submitted",
  "published",
  "undone",
] as const
const refresh_ms = 10_000

/** 成果入库: the deliveries, newest first. */
export function DeliveryList({ switcher }: { switcher: ReactNode }) {
  const { t } = useWords()
  const me = useMe().data
  const [search, setUrl] = useUrl()
  const may = can(me, "census.import")
  const making = search.sel === "new" && may
  const makeOne = () => setUrl({ sel: "new" })
  const filtered = Boolean(search.q || search.status)
  return (
    <main className={`main one ${making ? "open" : ""}`}>
      <section className="panel">
        <ScreenHead title={t("deliveries.title")} note={t("deliveries.note")}>
          {switcher}
        </ScreenHead>
        <div className="filters">
          <SearchField placeholder={t("deliveries.search")} />
          <SelectField
            param="status"
            label={t("deliveries.status_label")}
            options={statuses.map((value) => ({ value, words: t(`deliveries.status.${value}`) }))}
          />
          <span className="sp" />
          {may ? (
            <Button kind="primary" onClick={makeOne}>
              {t("deliveries.new")}
            </Button>
          ) : null}
        </div>
        <DataList<DeliveryRow>
          kind="delivery"
          path={base}
          query={{ q: search.q, status: search.status }}
          columns={useColumns()}
          idOf={(d) => d.id}
          selected={null}
          onSelect={(d) => setUrl({ delivery: String(d.id), sel: undefined, q: undefined, sort: undefined })}
          label={t("deliveries.title")}
          every_ms={refresh_ms}
          {...(filtered
            ? {}
            : {
                empty: (
                  <Notice
                    icon="file"
                    title={t("deliveries.empty")}
                    text={t("deliveries.empty_text")}
                    action={may ? <Button onClick={makeOne}>{t("deliveries.new")}</Button> : undefined}
                  />
                ),
              })}
        />
      </section>
      {making ? (
        <NewDelivery
          onClose={() => setUrl({ sel: undefined })}
          onDone={(id) => setUrl({ sel: undefined, delivery: String(id), q: undefined, sort: undefined })}
        />
      ) : null}
    </main>
  )
}

function useColumns(): Column<DeliveryRow>[] {
  const { t } = useWords()
  return [
    {
      id: "id",
      title: t("deliveries.no"),
      width: "52px",
      sort: "id",
      cell: (d) => <span className="m">{d.id}</span>,
    },
    {
      id: "name",
      title: t("list.name"),
      width: "minmax(150px,2fr)",
      sort: "name",
      cell: (d) => <b>{d.name}</b>,
    },
    {
      id: "source",
      title: t("deliveries.source"),
      width: "minmax(90px,1fr)",
      cell: (d) => <span className="i2">{d.source}</span>,
    },
    {
      id: "status",
      title: t("deliveries.status_label"),
      width: "92px",
      sort: "status",
      cell: (d) => <StatusChip status={d.status} />,
    },
    { id: "rows", title: t("deliveries.rows"), width: "76px", right: true, cell: (d) => numberText(d.rows, 0) },
    {
      id: "publishable",
      title: t("deliveries.publishable"),
      width: "76px",
      right: true,
      cell: (d) => numberText(d.publishable, 0),
    },
    {
      id: "issues",
      title: t("deliveries.issues"),
      width: "64px",
      right: true,
      cell: (d) => (d.issues ? <b>{numberText(d.issues, 0)}</b> : numberText(d.issues, 0)),
    },
    {
      id: "who",
      title: t("deliveries.who"),
      width: "minmax(60px,90px)",
      cell: (d) => <span className="i2">{d.created_name}</span>,
    },
    {
      id: "at",
      title: t("deliveries.made"),
      width: "76px",
      right: true,
      sort: "created_at",
      cell: (d) => (
        <span className="i3">
          <Ago time={d.created_at} now={Date.now()} />
        </span>
      ),
    },
  ]
}

/** Where a delivery stands: ink where somebody has to act, dashed where it came to nothing. */
export function StatusChip({ status }: { status: string }) {
  const { t } = useWords()
  const look = { submitted: "on", published: "fill", failed: "dash", cancelled: "dash", undone: "dash" }[status] ?? ""
  return <span className={`chip ${look}`}>{t(`deliveries.status.${status}`, { defaultValue: status })}</span>
}
