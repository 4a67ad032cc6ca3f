import { useState } from "react"
import type { ChangeSetView, ChangeView } from "../../../../stages/census/changes/views.ts"
import { type ApiError, can, useGet, useMe } from "../../../api.ts"
import {
  Button,
  type Column,
  DataList,
  Icon,
  Notice,
  numberText,
  SelectField,
  Shown,
  StateTrack,
  type TrackStep,
  usePages,
  withIcon,
} from "../../../kit/index.ts"
import { exactText } from "../../../time.ts"
import { useUrl } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"
import { useNames } from "../../names.ts"
import { useAttributeName } from "./attribute-name.ts"
import { ChangeMap } from "./change-map.tsx"
import { BeforeAfter } from "./change-row.tsx"
import { ChangeStatus, change_base, toDelivery } from "./changes.tsx"
import { patient, useDesk } from "./desk.ts"
import { freshTiles } from "./overlay.ts"
import { Reason } from "./reason.tsx"

const actions = ["add", "change", "end"] as const

/** One change set: who asks for what, every asset before and after on the list and the map, and the decision. */
export function ChangeSetPage({ id }: { id: number }) {
  const query = useGet<ChangeSetView>("change", `${change_base}/${id}`, {}, { every_ms: 10_000, keep: false })
  return (
    <main className="main one">
      <section className="panel dv">
        <Shown query={query}>{(set) => <Opened set={set} />}</Shown>
      </section>
    </main>
  )
}

function Opened({ set }: { set: ChangeSetView }) {
  const { t } = useWords()
  const [search, setUrl] = useUrl()
  const path = `${change_base}/${set.id}/rows`
  const action = actions.find((a) => a === search.action)
  const query = { action }
  const rows =
    usePages<ChangeView>("change", path, { ...query, sort: search.sort }).data?.pages.flatMap((p) => p.items) ?? []
  const chosen = Number(search.row) || null
  const row = rows.find((r) => r.id === chosen) ?? null
  const select = (row_id: number) => setUrl({ row: String(row_id) }, { replace: true })
  const back = () => setUrl({ change: undefined, row: undefined, action: undefined, sort: undefined })
  return (
    <>
      <div className="ph wrap">
        <button type="button" className="lk i3 nw1" onClick={back}>
          {t("changes.title")}
        </button>
        <span className="i3">/</span>
        <h2 className="el">{t("changes.of", { id: set.id, name: set.delivery_name })}</h2>
        <ChangeStatus status={set.status} />
        <span className="sp" />
        <button type="button" className="lk f12 i2" onClick={() => setUrl(toDelivery(set.delivery_id))}>
          {t("changes.open_delivery")}
        </button>
      </div>
      <div className="dv-two changes">
        <div className="col dv-right br">
          <Summary set={set} />
          <div className="filters">
            <SelectField
              param="action"
              label={t("changes.all_actions")}
              options={actions.map((value) => ({ value, words: t(`changes.action.${value}`) }))}
              also={["row"]}
            />
          </div>
          <DataList<ChangeView>
            kind="change"
            path={path}
            query={query}
            columns={useColumns()}
            idOf={(r) => r.id}
            selected={chosen}
            onSelect={(r) => select(r.id)}
            label={t("changes.rows")}
          />
          {row ? <BeforeAfter row={row} onClose={() => setUrl({ row: undefined }, { replace: true })} /> : null}
        </div>
        <ChangeMap id={set.id} action={action} row={row} first={rows} onPick={select} />
      </div>
    </>
  )
}

function useColumns(): Column<ChangeView>[] {
  const { t } = useWords()
  const names = useNames()
  return [
    {
      id: "action",
      title: t("changes.action_label"),
      width: "64px",
      cell: (r) => (
        <span className="row g6">
          <b className="dv-sign">{{ add: "+", change: "~", end: "−" }[r.action]}</b>
          {t(`changes.action.${r.action}`, { defaultValue: r.action })}
        </span>
      ),
    },
    {
      id: "kind",
      title: t("census.kind"),
      width: "minmax(90px,.9fr)",
      cell: (r) => withIcon(names.icon(r.lifeline), names.kind(r.lifeline, r.kind)),
    },
    {
      id: "code",
      title: t("list.code"),
      width: "minmax(110px,1fr)",
      cell: (r) => <span className="m">{r.source_id || r.code}</span>,
    },
    {
      id: "fields",
      title: t("changes.what"),
      width: "minmax(90px,1fr)",
      cell: (r) => <FieldsText row={r} />,
    },
  ]
}

function FieldsText({ row }: { row: ChangeView }) {
  const { t } = useWords()
  const attributeName = useAttributeName()
  if (row.fields.length === 0) return <span className="i3">—</span>
  return (
    <span>
      {row.fields
        .map((field) =>
          field === "geometry"
            ? t("changes.geometry")
            : field === "name"
              ? t("list.name")
              : attributeName(row.lifeline, row.kind, field),
        )
        .join("、")}
    </span>
  )
}

/** Numbers of the set, where it stands, and the decision for whoever may take it. */
function Summary({ set }: { set: ChangeSetView }) {
  const { t, pick } = useWords()
  const [, setUrl] = useUrl()
  const me = useMe().data
  const [asking, setAsking] = useState<"reject" | "undo" | null>(null)
  const [trouble, setTrouble] = useState<ApiError | null>(null)
  const decide = useDesk<unknown>(() => {
    setTrouble(null)
    freshTiles()
  })
  const run = (what: string, body?: unknown) => {
    setAsking(null)
    decide.mutate(() => patient(`${change_base}/${set.id}/${what}`, body), { onError: setTrouble })
  }
  const rebuild = () =>
    decide.mutate(
      async () => {
        await patient(`${change_base}/${set.id}/rebuild`)
        setUrl(toDelivery(set.delivery_id))
      },
      { onError: setTrouble },
    )
  const approves = can(me, "census.approve")
  const imports = can(me, "census.import")
  const mine = me !== undefined && set.submitted_by === me.id
  const stale = trouble?.problem.code === "changes-moved"
  return (
    <div className="sec dv-summary">
      <div className="dv-numbers five">
        {(["added", "changed", "ended", "unchanged", "held"] as const).map((name) => (
          <div key={name} title={t(`changes.count_note.${name}`)}>
            <span className="i3 f12">{t(`changes.count.${name}`)}</span>
            <b>{numberText(set.counts[name] ?? 0, 0)}</b>
          </div>
        ))}
      </div>
      {set.counts.kept ? (
        <p className="dv-note">{t("changes.kept", { count: numberText(set.counts.kept, 0) })}</p>
      ) : null}
      <StateTrack steps={trackOf(set, t)} />
      <div className="f12 i2 dv-who">
        <div>{t("changes.by", { name: set.submitted_name, time: exactText(set.submitted_at) })}</div>
        {set.decided_at ? (
          <div>
            {t(`changes.decided_as.${set.status === "undone" ? "published" : set.status}`, {
              name: set.decided_name ?? "—",
              time: exactText(set.decided_at),
            })}
            {set.reason ? ` · ${set.reason}` : ""}
          </div>
        ) : null}
        {set.undone_at ? (
          <div>
            {t("changes.undone_by", { name: set.undone_name ?? "—", time: exactText(set.undone_at) })}
            {set.undo_reason ? ` · ${set.undo_reason}` : ""}
          </div>
        ) : null}
      </div>
      {trouble ? (
        <p className="dv-note" role="alert">
          <Icon name="warning" />
          <span>{pick(trouble.problem.words)}</span>
        </p>
      ) : null}
      {asking ? (
        <Reason
          label={t(asking === "reject" ? "changes.why_reject" : "changes.why_undo")}
          yes={t(asking === "reject" ? "changes.reject_yes" : "changes.undo_yes")}
          hint={t(asking === "reject" ? "changes.reject_hint" : "changes.undo_hint")}
          onGive={(reason) => run(asking, { reason })}
          onStop={() => setAsking(null)}
        />
      ) : (
        <div className="row g8 wrap">
          {set.status === "proposed" && approves && !mine ? (
            <>
              <Button kind="primary" large disabled={decide.isPending || stale} onClick={() => run("approve")}>
                {t("changes.approve")}
              </Button>
              <Button large disabled={decide.isPending} onClick={() => setAsking("reject")}>
                {t("changes.reject")}
              </Button>
            </>
          ) : null}
          {set.status === "proposed" && imports ? (
            <>
              {stale ? (
                <Button kind="primary" disabled={decide.isPending} onClick={rebuild}>
                  {t("changes.rebuild")}
                </Button>
              ) : null}
              <Button disabled={decide.isPending} onClick={() => run("withdraw")}>
                {t("changes.withdraw")}
              </Button>
            </>
          ) : null}
          {set.status === "published" && approves ? (
            <Button disabled={decide.isPending} onClick={() => setAsking("undo")}>
              <Icon name="undo" />
              {t("changes.undo")}
            </Button>
          ) : null}
          {decide.isPending ? <span className="i3 f12">{t("changes.working")}</span> : null}
        </div>
      )}
      {set.status === "proposed" && (mine || !approves) ? (
        <p className="i2 f12">{t(mine ? "changes.own" : "changes.needs_approver")}</p>
      ) : null}
      {set.status === "empty" ? <Notice icon="check" title={t("changes.nothing_new")} /> : null}
    </div>
  )
}

function trackOf(set: ChangeSetView, t: (key: string) => string): TrackStep[] {
  const turned_down = ["rejected", "withdrawn", "replaced", "empty"].includes(set.status)
  const published = set.published_at !== null
  return [
    { name: t("changes.track.submitted"), state: "done", note: set.submitted_name },
    turned_down
      ? { name: t(`changes.status.${set.status}`), state: "done", note: set.decided_name ?? " " }
      : { name: t("changes.track.approved"), state: published ? "done" : "now", note: set.decided_name ?? " " },
    ...(turned_down
      ? []
      : [
          { name: t("changes.track.published"), state: published ? ("done" as const) : ("todo" as const), note: " " },
          ...(set.undone_at
            ? [{ name: t("changes.track.undone"), state: "done" as const, note: set.undone_name ?? " " }]
            : []),
        ]),
  ]
}
