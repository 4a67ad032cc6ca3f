import { useMemo, useState } from "react"
import { createPortal } from "react-dom"
import { ApiError, type AssetView, useGet } from "../../../api.ts"
import {
  Button,
  distanceText,
  Failed,
  Field,
  Icon,
  KeyValues,
  Loading,
  numberText,
  Section,
} from "../../../kit/index.ts"
import { type Flag, type Found, useDrawing, useFit, useFlags, useFound, useHand } from "../../../map/tools/index.ts"
import { useWords } from "../../../words/index.ts"
import { useNames } from "../../names.ts"
import { download, featuresOf, type Isolation, useAsked, type Valve } from "./ask.ts"
import { Picked } from "./picked.tsx"
import { Hint, ToolHead } from "./shell.tsx"
import { placesIn } from "./trace.tsx"
import { idOf, idsOf, useTool } from "./url.ts"

const letters = "abcdefghijklmnopqrstuvwxyz"
const letter = (i: number): string => letters[i] ?? `+${i + 1}`
const flags_max = 200
const roles: Record<string, Found["role"]> = {
  start: "chosen",
  isolated: "strong",
  cut_off: "dashed",
  dead_end: "quiet",
}

/** 关阀: which valves to close, in order; what if one of them does not close; who loses supply. */
export function IsolateTool({ main }: { main: HTMLElement }) {
  const { t } = useWords()
  const names = useNames()
  const { search, open, set } = useTool()
  const asset = idOf(search.isolate)
  const failed = useMemo(() => idsOf(search.failed), [search.failed])
  const start = useGet<AssetView>("asset", asset === null ? null : `/api/census/assets/${asset}`, {}, { keep: false })
  const asked = useAsked<Isolation>("/api/census/network/isolate", asset === null ? null : { asset, failed })
  const answer = asset === null ? undefined : asked.data
  const class_code = names.lifelines.find((l) => l.id === answer?.lifeline)?.class_code ?? "QT"
  const fail = (id: number) =>
    set({ failed: (failed.includes(id) ? failed.filter((f) => f !== id) : [...failed, id]).join(",") || undefined })
  const found = useMemo<Found[]>(
    () =>
      answer
        ? featuresOf(answer).flatMap((f) => {
            const role = roles[f.properties.role]
            return role ? [{ geometry: f.geometry, class_code, role }] : []
          })
        : [],
    [answer, class_code],
  )
  // biome-ignore lint/correctness/useExhaustiveDependencies: what a press does follows from the answer
  const flags = useMemo<Flag[]>(() => {
    if (!answer) return []
    const flag = (v: Valve, text: string, look: string, words: string, usable = true): Flag => ({
      id: `valve-${v.asset_id}`,
      at: v.lon_lat,
      text,
      look,
      title: `${words} ${v.code ?? v.name ?? v.asset_id}`,
      ...(usable ? { press: () => fail(v.asset_id) } : {}),
    })
    // Later ones lie on top: the first ring covers the second.
    return [
      ...answer.second_ring.map((v, i) => flag(v, letter(i), "second", t("tools.isolate.second"), false)),
      ...answer.failed.map((v) => flag(v, "✕", "cross", t("tools.isolate.failed"))),
      ...answer.close.map((v, i) => flag(v, String(i + 1), "", t("tools.isolate.close_nth", { n: i + 1 }))).reverse(),
    ].slice(-flags_max)
  }, [answer, t])
  useFound(found)
  useFlags(flags)
  useDrawing(null)
  useHand(
    {
      clicked: (_, id) => {
        if (id === null) return
        const valve = answer && [...answer.close, ...answer.failed].some((v) => v.asset_id === id)
        if (valve) fail(id)
        else open("isolate", { isolate: String(id) })
      },
      cancelled: () => open(asset === null ? null : "isolate"),
    },
    "pointer",
  )
  const seen = answer ? [...flags.map((f) => f.at), ...(start.data ? placesIn(start.data) : [])] : []
  useFit(seen as [number, number][], answer && start.data ? `${asset} ${search.failed ?? ""}` : "")
  if (asset === null) return <Hint text={t("tools.isolate.pick")} onClose={() => open(null)} />
  return createPortal(
    <aside className="panel toolp-side bl" aria-label={t("tools.isolate.title")}>
      <ToolHead title={t("tools.isolate.title")} onClose={() => open(null)}>
        <Button onClick={() => open("isolate")}>{t("tools.isolate.again")}</Button>
      </ToolHead>
      {answer ? (
        <Plan answer={answer} asset={start.data} failed={failed} onFail={fail} />
      ) : asked.error ? (
        <Failed error={asked.error} retry={() => void asked.refetch()} />
      ) : (
        <Loading />
      )}
    </aside>,
    main,
  )
}

type PlanProps = { answer: Isolation; asset: AssetView | undefined; failed: number[]; onFail(id: number): void }
function Plan({ answer, asset, failed, onFail }: PlanProps) {
  const { t, pick } = useWords()
  const names = useNames()
  const { affected } = answer
  const kindRows = Object.entries(answer.cut_off.by_kind).map(([kind, count]) => ({
    key: names.kind(answer.lifeline, kind),
    value: numberText(count, 0),
  }))
  const dangerous = answer.close.length === 0
  return (
    <>
      <div className="scroll">
        <div className="toolplan">
          <b className="f16">
            {dangerous
              ? t("tools.isolate.no_valve")
              : t("tools.isolate.plan", { count: answer.close.length + answer.hidden_valves })}
          </b>
          <div className="i3 f12 row g6">
            <Picked asset={asset} />
            <span className="el">{asset ? pick(asset.place) : ""}</span>
          </div>
        </div>
        <div className="toolnums">
          <div>
            <span className="num">{numberText(affected.customers, 0)}</span> {t("tools.isolate.customers")}
          </div>
          {affected.hydrants > 0 ? (
            <div>
              <span className="num">{numberText(affected.hydrants, 0)}</span> {t("tools.isolate.hydrants")}
            </div>
          ) : null}
          <div>
            <span className="num">{distanceText(answer.isolated.length_m + answer.cut_off.length_m)}</span>{" "}
            {t("tools.isolate.without")}
          </div>
        </div>
        {answer.hidden_valves ? (
          <p className="toolwarn">
            <b>!</b> {t("tools.isolate.hidden_valves", { count: answer.hidden_valves })}
          </p>
        ) : null}
        {answer.sources_inside.length ? (
          <p className="toolwarn">
            <b>!</b> {t("tools.isolate.sources", { count: answer.sources_inside.length })}
          </p>
        ) : null}
        <Section title={t("tools.isolate.order")} note={t("tools.isolate.order_note")}>
          {answer.close.map((v, i) => (
            <ValveRow key={v.asset_id} valve={v} mark={<span className="mk">{i + 1}</span>} lifeline={answer.lifeline}>
              <Button onClick={() => onFail(v.asset_id)} title={t("tools.isolate.fail_title")}>
                {t("tools.isolate.fail")}
              </Button>
            </ValveRow>
          ))}
          {answer.close.length === 0 ? <span className="f12 i3">{t("tools.isolate.none")}</span> : null}
        </Section>
        {answer.failed.length ? (
          <Section title={t("tools.isolate.failed")} note={t("tools.isolate.failed_note")}>
            {answer.failed.map((v) => (
              <ValveRow key={v.asset_id} valve={v} mark={<span className="mk o">✕</span>} lifeline={answer.lifeline}>
                {failed.includes(v.asset_id) ? (
                  <Button onClick={() => onFail(v.asset_id)}>
                    <Icon name="undo" />
                    {t("tools.isolate.works")}
                  </Button>
                ) : null}
              </ValveRow>
            ))}
          </Section>
        ) : null}
        {answer.keep_closed.length ? (
          <Section title={t("tools.isolate.keep")} note={String(answer.keep_closed.length)}>
            {answer.keep_closed.map((v) => (
              <ValveRow key={v.asset_id} valve={v} mark={<Icon name="lock" />} lifeline={answer.lifeline} />
            ))}
          </Section>
        ) : null}
        <Section title={t("tools.isolate.second")} note={t("tools.isolate.second_note")}>
          {answer.second_ring.length === 0 ? <span className="f12 i3">{t("tools.isolate.no_second")}</span> : null}
          {answer.second_ring.map((v, i) => (
            <ValveRow
              key={v.asset_id}
              valve={v}
              mark={<span className="mk o dashed">{letter(i)}</span>}
              lifeline={answer.lifeline}
            />
          ))}
        </Section>
        <Section title={t("tools.isolate.who")} note={t("tools.isolate.who_note")}>
          <KeyValues
            rows={[
              { key: t("tools.isolate.people"), value: numberText(affected.people, 0) },
              { key: t("tools.isolate.isolated"), value: distanceText(answer.isolated.length_m) },
              { key: t("tools.isolate.cut_off"), value: distanceText(answer.cut_off.length_m) },
              { key: t("tools.isolate.dead_ends"), value: distanceText(answer.dead_ends.length_m) },
              ...kindRows,
            ]}
          />
          {answer.isolated.hidden + answer.cut_off.hidden ? (
            <p className="note">{t("tools.hidden", { count: answer.isolated.hidden + answer.cut_off.hidden })}</p>
          ) : null}
          {answer.not_drawn ? <p className="note">{t("tools.not_drawn", { count: answer.not_drawn })}</p> : null}
        </Section>
      </div>
      <Ticket asset={answer.asset_id} failed={failed} />
    </>
  )
}

function ValveRow({
  valve,
  mark,
  lifeline,
  children,
}: {
  valve: Valve
  mark: React.ReactNode
  lifeline: string
  children?: React.ReactNode
}) {
  const names = useNames()
  return (
    <div className="toolvalve" data-valve={valve.asset_id}>
      {mark}
      <b className="m el">{valve.code ?? valve.name ?? valve.asset_id}</b>
      <span className="i3 el">
        {names.kind(lifeline, valve.kind)}
        {valve.dn_mm ? ` DN${valve.dn_mm}` : ""}
      </span>
      <span className="sp" />
      {children}
    </div>
  )
}

const reason_max = 300
/** The operation ticket: a numbered, signed paper with the reason; it opens nothing and closes nothing by itself. */
function Ticket({ asset, failed }: { asset: number; failed: number[] }) {
  const { t, language, pick } = useWords()
  const [reason, setReason] = useState("")
  const [state, setState] = useState<{ busy?: boolean; made?: string; error?: ApiError }>({})
  const make = async () => {
    setState({ busy: true })
    try {
      const body = { asset, failed, reason: reason.trim(), language }
      setState({ made: await download("POST", "/api/census/network/isolate/ticket", body) })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      setState({ error })
    }
  }
  return (
    <form
      className="act"
      onSubmit={(event) => {
        event.preventDefault()
        void make()
      }}
    >
      <Field label={t("tools.isolate.reason")} note={`${reason.length} / ${reason_max}`}>
        <span className="in">
          <input
            value={reason}
            maxLength={reason_max}
            required
            placeholder={t("tools.isolate.reason_hint")}
            onChange={(event) => setReason(event.target.value)}
          />
        </span>
      </Field>
      <div className="row g8" style={{ marginTop: 8 }}>
        <Button kind="primary" large type="submit" disabled={state.busy || reason.trim() === ""}>
          <Icon name="file" />
          {state.busy ? t("tools.paper_busy") : t("tools.isolate.ticket")}
        </Button>
        <span className={`f12 ${state.error ? "c1" : "i3"}`} role="status">
          {state.error
            ? pick(state.error.problem.words)
            : state.made
              ? t("tools.paper_made", { name: state.made })
              : t("tools.isolate.ticket_note")}
        </span>
      </div>
    </form>
  )
}
