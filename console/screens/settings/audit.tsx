import type { AuditRow } from "../../api.ts"
import { type Column, DataList, ScreenHead, SearchField } from "../../kit/index.ts"
import { exactText } from "../../time.ts"
import { useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"

/** The audit trail: who did what to which object, on both clocks; only added to, never changed. */
export function Audit() {
  const { t } = useWords()
  const [search, setUrl] = useUrl()
  const open = Number(search.sel) || null
  const columns: Column<AuditRow>[] = [
    { id: "wall", title: t("settings.wall_time"), width: "142px", cell: (r) => exactText(r.wall_time) },
    {
      id: "city",
      title: t("settings.city_time"),
      width: "142px",
      cell: (r) => <span className="i3">{exactText(r.city_time)}</span>,
    },
    { id: "actor", title: t("settings.actor"), width: "130px", cell: (r) => <b className="mid">{r.actor}</b> },
    {
      id: "action",
      title: t("settings.action"),
      width: "150px",
      cell: (r) => (
        <span title={r.action}>{t(`audit.${r.action.replaceAll(".", "-")}`, { defaultValue: r.action })}</span>
      ),
    },
    { id: "object", title: t("settings.object"), width: "120px", cell: (r) => <span className="m">{r.object}</span> },
    {
      id: "detail",
      title: t("settings.detail"),
      width: "minmax(160px,1fr)",
      cell: (r) => (
        <span className="m i2" title={JSON.stringify(r.detail)}>
          {detailText(r.detail)}
        </span>
      ),
    },
    {
      id: "address",
      title: t("settings.address"),
      width: "100px",
      cell: (r) => <span className="m i3">{r.address ?? "—"}</span>,
    },
  ]
  return (
    <section className="panel">
      <ScreenHead title={t("settings.audit")} note={t("settings.audit_note")} />
      <div className="filters">
        <SearchField placeholder={t("settings.search_audit")} />
      </div>
      <DataList
        kind="audit"
        path="/api/access/audit"
        query={{ q: search.q }}
        columns={columns}
        idOf={(r) => r.id}
        selected={open}
        onSelect={(r) => setUrl({ sel: String(r.id) }, { replace: true })}
        label={t("settings.audit")}
        every_ms={15_000}
      />
    </section>
  )
}

const detailText = (detail: unknown): string =>
  detail && typeof detail === "object"
    ? Object.entries(detail)
        .filter(([, value]) => value !== null)
        .map(([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`)
        .join(" ")
    : ""
