import type { ReactNode } from "react"
import { client, type QuarantineRow } from "../../api.ts"
import {
  type Column,
  DataList,
  Inspector,
  InspectorHead,
  KeyValues,
  Notice,
  ScreenHead,
  SearchField,
  Section,
} from "../../kit/index.ts"
import { exactText, shortText, useCityNow } from "../../time.ts"
import { parseSelection, useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"

/** What was refused at the doors: nothing is lost, each message is kept with its reason. */
export function Quarantine({ switcher }: { switcher: ReactNode }) {
  const { t, pick } = useWords()
  const now = useCityNow()
  const [search, setUrl] = useUrl()
  const selection = parseSelection(search.sel)
  const id = selection?.kind === "message" ? selection.id : null
  const columns: Column<QuarantineRow>[] = [
    {
      id: "at",
      title: t("monitoring.arrived"),
      width: "96px",
      cell: (r) => <span title={exactText(r.arrived_at)}>{shortText(r.arrived_at, now)}</span>,
    },
    { id: "door", title: t("monitoring.door"), width: "56px", cell: (r) => r.door },
    { id: "client", title: t("monitoring.client"), width: "120px", cell: (r) => <span className="m">{r.client}</span> },
    { id: "why", title: t("monitoring.reason"), width: "minmax(200px,2fr)", cell: (r) => pick(r.words) },
    {
      id: "field",
      title: t("monitoring.field"),
      width: "90px",
      cell: (r) => <span className="m">{r.field ?? "—"}</span>,
    },
    {
      id: "value",
      title: t("monitoring.value"),
      width: "90px",
      cell: (r) => <span className="m">{r.value ?? "—"}</span>,
    },
    {
      id: "topic",
      title: t("monitoring.topic"),
      width: "minmax(120px,1fr)",
      cell: (r) => <span className="m i3">{r.topic}</span>,
    },
  ]
  const rows = client
    .getQueriesData<{ pages: { items: QuarantineRow[] }[] }>({ queryKey: ["quarantine"] })
    .flatMap(([, data]) => data?.pages?.flatMap((p) => p.items) ?? [])
  const chosen = rows.find((r) => r.id === id)
  return (
    <main className={`main one ${chosen ? "open" : ""}`}>
      <section className="panel">
        <ScreenHead title={t("monitoring.quarantine")} note={t("monitoring.quarantine_note")}>
          {switcher}
        </ScreenHead>
        <div className="filters">
          <SearchField placeholder={t("monitoring.search_quarantine")} />
        </div>
        <DataList
          kind="quarantine"
          path="/api/monitoring/quarantine"
          query={{ q: search.q }}
          columns={columns}
          idOf={(r) => r.id}
          selected={id}
          onSelect={(r) => setUrl({ sel: `message:${r.id}` })}
          label={t("monitoring.quarantine")}
          empty={
            search.q ? undefined : (
              <Notice
                icon="check"
                title={t("monitoring.quarantine_empty")}
                text={t("monitoring.quarantine_empty_text")}
              />
            )
          }
        />
      </section>
      {chosen ? (
        <Inspector label={t("monitoring.quarantine")}>
          <InspectorHead
            marks={<span className="chip">{chosen.code}</span>}
            title={pick(chosen.words)}
            onClose={() => setUrl({ sel: undefined })}
          />
          <Section>
            <KeyValues
              rows={[
                { key: t("monitoring.arrived"), value: exactText(chosen.arrived_at) },
                { key: t("monitoring.door"), value: chosen.door },
                { key: t("monitoring.client"), value: <span className="m">{chosen.client}</span> },
                { key: t("monitoring.topic"), value: <span className="m">{chosen.topic}</span> },
                { key: t("monitoring.field"), value: chosen.field ?? "—" },
                { key: t("monitoring.value"), value: chosen.value ?? "—" },
              ]}
            />
          </Section>
          <Section title={t("monitoring.payload")}>
            <pre className="payload">{chosen.payload}</pre>
          </Section>
        </Inspector>
      ) : null}
    </main>
  )
}
