import { Link } from "@tanstack/react-router"
import type { Because } from "../../../model/index.ts"
import { type FindingView, type RuleRow, useGet } from "../../api.ts"
import { useKeys } from "../../frame/index.ts"
import {
  type Column,
  DataList,
  Icon,
  Inspector,
  InspectorHead,
  KeyValues,
  LevelShape,
  Notice,
  numberText,
  Reasons,
  ScreenHead,
  SearchField,
  Section,
  ShortList,
  Shown,
  unitText,
  useView,
  Views,
  withIcon,
} from "../../kit/index.ts"
import { durationText, exactText, shortText, useCityNow } from "../../time.ts"
import { parseSelection, useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { useNames } from "../names.ts"
import { RuleInspector } from "./rule.tsx"
import { kindOf, versionOf } from "./rule-facts.ts"

const views = ["rules", "findings"] as const

/** 研判: the rules at work with their subjects and troubles, and what they found with its reasons. */
export default function Analysis() {
  const { t } = useWords()
  const [search, setUrl] = useUrl()
  const view = useView(views)
  useKeys({ Escape: () => setUrl({ sel: undefined, rule: undefined }) })
  const switcher = (
    <Views
      label={t("analysis.views")}
      views={[
        { id: "rules", words: t("analysis.rules") },
        { id: "findings", words: t("analysis.findings") },
      ]}
    />
  )
  const rules = useGet<RuleRow[]>("analysis", "/api/analysis/rules", {}, { every_ms: 15_000 })
  const chosen = rules.data?.find((r) => r.rule === search.rule)
  if (view === "findings") return <Findings switcher={switcher} />
  return (
    <main className={`main one ${chosen ? "open" : ""}`}>
      <section className="panel">
        <ScreenHead
          title={t("rail.analysis")}
          note={rules.data ? t("analysis.rules_note", { count: rules.data.length }) : ""}
        >
          {switcher}
        </ScreenHead>
        <div className="scroll">
          <Shown query={rules}>
            {(rows) => <Rules rows={rows} chosen={search.rule} onSelect={(rule) => setUrl({ rule })} />}
          </Shown>
        </div>
      </section>
      {chosen ? <RuleInspector rule={chosen} onClose={() => setUrl({ rule: undefined })} /> : null}
    </main>
  )
}

function Rules({
  rows,
  chosen,
  onSelect,
}: {
  rows: RuleRow[]
  chosen: string | undefined
  onSelect(rule: string): void
}) {
  const { t } = useWords()
  const names = useNames()
  return (
    <ShortList
      label={t("analysis.rules")}
      rows={[...rows].sort(
        (a, b) => Number(b.trouble !== null) - Number(a.trouble !== null) || a.rule.localeCompare(b.rule),
      )}
      idOf={(r) => r.rule}
      selected={chosen ?? null}
      onSelect={(r) => onSelect(r.rule)}
      empty={<Notice icon="analysis" title={t("analysis.no_rules")} text={t("analysis.no_rules_text")} />}
      columns={[
        {
          id: "lifeline",
          title: t("list.lifeline"),
          width: "96px",
          cell: (r) => {
            const lifeline = r.lifeline || names.lifelineOfRule(r.rule)
            return withIcon(names.icon(lifeline), names.lifeline(lifeline))
          },
        },
        {
          id: "name",
          title: t("list.name"),
          width: "minmax(200px,2fr)",
          cell: (r) => <b className="mid">{names.rule(r.rule)}</b>,
        },
        {
          id: "rule",
          title: t("analysis.rule"),
          width: "minmax(160px,1.4fr)",
          cell: (r) => <span className="m i2">{r.rule}</span>,
        },
        { id: "version", title: t("analysis.version"), width: "60px", cell: (r) => `v${versionOf(r, names)}` },
        {
          id: "kind",
          title: t("analysis.kind"),
          width: "80px",
          cell: (r) => t(`analysis.kind_of.${kindOf(r, names)}`),
        },
        {
          id: "subjects",
          title: t("analysis.subjects"),
          width: "70px",
          right: true,
          cell: (r) => numberText(r.subjects, 0),
        },
        {
          id: "trouble",
          title: t("analysis.state"),
          width: "minmax(120px,1fr)",
          cell: (r) =>
            r.trouble === null ? (
              withIcon("check", t("analysis.works"))
            ) : (
              <b title={r.trouble}>{withIcon("warning", r.trouble)}</b>
            ),
        },
      ]}
    />
  )
}

function Findings({ switcher }: { switcher: React.ReactNode }) {
  const { t, pick } = useWords()
  const names = useNames()
  const now = useCityNow()
  const [search, setUrl] = useUrl()
  const selection = parseSelection(search.sel)
  const id = selection?.kind === "finding" ? selection.id : null
  const found = useGet<{ items: FindingView[] }>("analysis", id === null ? null : "/api/analysis/findings", {
    limit: 500,
  })
  const finding = found.data?.items.find((f) => f.id === id)
  const columns: Column<FindingView>[] = [
    {
      id: "time",
      title: t("analysis.time"),
      width: "100px",
      cell: (f) => <span title={exactText(f.time)}>{shortText(f.time, now)}</span>,
    },
    {
      id: "severity",
      title: t("analysis.level"),
      width: "40px",
      cell: (f) => <LevelShape level={f.severity} state={f.phase === "clear" ? "cleared" : "new"} size="s" />,
    },
    {
      id: "phase",
      title: t("analysis.phase"),
      width: "64px",
      cell: (f) => t(`analysis.phase_of.${f.phase}`, { defaultValue: f.phase }),
    },
    {
      id: "title",
      title: t("list.name"),
      width: "minmax(180px,2fr)",
      cell: (f) => <b className="mid">{pick(f.title)}</b>,
    },
    {
      id: "value",
      title: t("monitoring.value"),
      width: "110px",
      right: true,
      cell: (f) => (f.value ? `${numberText(f.value.amount)} ${unitText(f.value.unit)}` : "—"),
    },
    {
      id: "subject",
      title: t("analysis.subject"),
      width: "minmax(110px,1fr)",
      cell: (f) => <span className="m i2">{f.subject}</span>,
    },
    {
      id: "rule",
      title: t("analysis.rule"),
      width: "minmax(150px,1fr)",
      cell: (f) => (
        <span className="m i3">
          {f.rule} v{f.rule_version}
        </span>
      ),
    },
  ]
  return (
    <main className={`main one ${id === null ? "" : "open"}`}>
      <section className="panel">
        <ScreenHead title={t("rail.analysis")} note={t("analysis.findings_note")}>
          {switcher}
        </ScreenHead>
        <div className="filters">
          <SearchField placeholder={t("analysis.search")} />
        </div>
        <DataList
          kind="analysis"
          path="/api/analysis/findings"
          query={{ q: search.q }}
          columns={columns}
          idOf={(f) => f.id}
          selected={id}
          onSelect={(f) => setUrl({ sel: `finding:${f.id}` })}
          label={t("analysis.findings")}
          every_ms={15_000}
        />
      </section>
      {id === null ? null : (
        <Inspector label={t("analysis.findings")}>
          {finding ? (
            <FindingDetail finding={finding} names={names} onClose={() => setUrl({ sel: undefined })} />
          ) : (
            <Notice icon="search" title={t("state.empty")} />
          )}
        </Inspector>
      )}
    </main>
  )
}

function FindingDetail({
  finding,
  names,
  onClose,
}: {
  finding: FindingView
  names: ReturnType<typeof useNames>
  onClose(): void
}) {
  const { t, pick } = useWords()
  const because = finding.because as Because
  return (
    <>
      <InspectorHead
        marks={
          <>
            <LevelShape level={finding.severity} state={finding.phase === "clear" ? "cleared" : "new"} />
            <span className="chip">
              <Icon name={names.icon(finding.lifeline)} />
              {names.lifeline(finding.lifeline)}
            </span>
            <span className="chip">{t(`analysis.phase_of.${finding.phase}`, { defaultValue: finding.phase })}</span>
          </>
        }
        title={pick(finding.title)}
        place={`${exactText(finding.time)} · ${t("duty.lasts")} ${durationText(finding.time - finding.since)}`}
        onClose={onClose}
      />
      <Section title={t("duty.why")}>
        <Reasons reasons={because.reasons.map((r) => ({ sign: r.sign, text: pick(r.words) }))} />
      </Section>
      <Section title={t("analysis.inputs")} note={`${finding.rule} v${finding.rule_version}`}>
        <KeyValues
          rows={Object.entries(because.inputs).map(([key, value]) => ({
            key,
            value: typeof value === "number" ? numberText(value) : value === null ? "—" : String(value),
          }))}
        />
      </Section>
      <Section title={t("analysis.readings")}>
        {because.readings.map((r) => (
          <div key={`${r.point}${r.from}`} className="row g8 f12">
            <Link to={"/monitoring" as never} search={{ points: String(r.point) } as never} className="lk">
              #{r.point}
            </Link>
            <span className="i3">
              {exactText(r.from)} – {exactText(r.to)}
            </span>
          </div>
        ))}
      </Section>
    </>
  )
}
