import { useMemo } from "react"
import { createPortal } from "react-dom"
import { type AssetView, useGet } from "../../../api.ts"
import {
  Button,
  distanceText,
  Failed,
  KeyValues,
  Loading,
  Notice,
  numberText,
  Section,
  Segment,
  ShortList,
} from "../../../kit/index.ts"
import { type Found, useDrawing, useFit, useFound, useHand } from "../../../map/tools/index.ts"
import { useWords } from "../../../words/index.ts"
import { useNames } from "../../names.ts"
import { type Component, featuresOf, type NetworkFeature, type Traced, type Way } from "./ask.ts"
import { saveCsv } from "./export.ts"
import { Picked } from "./picked.tsx"
import { Hint, Saves, ToolHead } from "./shell.tsx"
import { idOf, useTool } from "./url.ts"

const ways = ["down", "up", "both", "component", "path"] as const
type How = (typeof ways)[number]
type Answer = Traced | Component | Way
const listed_max = 200

/** 追踪: what lies up or down of an asset, all that hangs together with it, or the way to another one. */
export function TraceTool({ main }: { main: HTMLElement }) {
  const { t } = useWords()
  const names = useNames()
  const { search, open, set } = useTool()
  const from = idOf(search.from)
  const to = idOf(search.to)
  const how = ways.find((w) => w === search.way) ?? "down"
  const start = useGet<AssetView>("asset", from === null ? null : `/api/census/assets/${from}`, {}, { keep: false })
  const asked = useGet<Answer>(
    "census",
    from === null || (how === "path" && to === null)
      ? null
      : `/api/census/network/${how === "path" ? "path" : how === "component" ? "component" : "trace"}`,
    how === "path" ? { from, to } : how === "component" ? { asset: from } : { asset: from, direction: how },
    { stale_ms: 60_000, keep: false },
  )
  const answer = asked.data
  const features = useMemo(() => (answer ? featuresOf(answer) : []), [answer])
  const class_code = names.lifelines.find((l) => l.id === answer?.lifeline)?.class_code ?? "QT"
  const found = useMemo<Found[]>(
    () =>
      features.length
        ? features.map((f) => ({
            geometry: f.geometry,
            class_code,
            role: f.properties.role === "start" || f.properties.role === "end" ? "chosen" : "strong",
          }))
        : start.data
          ? [{ geometry: start.data.geometry, class_code: "QT", role: "chosen" }]
          : [],
    [features, class_code, start.data],
  )
  useFound(found)
  useDrawing(null)
  const choosing = from === null || (how === "path" && to === null)
  useHand(
    {
      clicked: (_, asset_id) => {
        if (asset_id === null) return
        if (how === "path" && from !== null && asset_id !== from) set({ to: String(asset_id) })
        else set({ from: String(asset_id), to: undefined })
      },
      cancelled: () => open(from === null ? null : "trace"),
    },
    "pointer",
  )
  useFit(features.flatMap(placesIn), answer ? JSON.stringify([from, to, how]) : "")
  if (from === null) return <Hint text={t("tools.trace.pick")} onClose={() => open(null)} />
  return (
    <>
      {choosing ? <Hint text={t("tools.trace.pick_end")} onClose={() => open(null)} /> : null}
      {createPortal(
        <aside className="panel toolp-side bl" aria-label={t("tools.trace.title")}>
          <ToolHead title={t("tools.trace.title")} onClose={() => open(null)}>
            <Button onClick={() => open("trace", { way: search.way })}>{t("tools.trace.again")}</Button>
          </ToolHead>
          <div className="toolrow">
            <Picked asset={start.data} />
          </div>
          <div className="toolrow">
            <Segment<How>
              label={t("tools.trace.how")}
              value={how}
              onChange={(way) => set({ way, to: undefined })}
              options={ways.map((way) => ({ value: way, words: t(`tools.trace.way.${way}`) }))}
            />
          </div>
          {choosing ? (
            <Notice icon="locate" title={t("tools.trace.pick_end")} />
          ) : answer ? (
            <Reached answer={answer} features={features} onOpen={(id) => open(null, { sel: `asset:${id}` })} />
          ) : asked.error ? (
            <Failed error={asked.error} retry={() => void asked.refetch()} />
          ) : (
            <Loading />
          )}
        </aside>,
        main,
      )}
    </>
  )
}

export const placesIn = (f: { geometry: { type: string; coordinates: unknown } }): [number, number][] =>
  f.geometry.type === "Point"
    ? [f.geometry.coordinates as [number, number]]
    : f.geometry.type === "LineString"
      ? (f.geometry.coordinates as [number, number][])
      : (f.geometry.coordinates as [number, number][][]).flat()

function Reached({
  answer,
  features,
  onOpen,
}: {
  answer: Answer
  features: NetworkFeature[]
  onOpen(id: number): void
}) {
  const { t } = useWords()
  const names = useNames()
  const of_id = useMemo(() => new Map(features.map((f) => [f.properties.id, f.properties])), [features])
  const csv = () =>
    saveCsv(
      [
        ["id", t("tools.col.kind"), t("tools.col.code")],
        ...answer.asset_ids.map((id) => {
          const p = of_id.get(id)
          return [id, p ? names.kind(p.lifeline, p.kind) : null, p?.code ?? null]
        }),
      ],
      t("tools.trace.file"),
    )
  const rows = features.map((f) => f.properties).filter((p) => p.role !== "start" && p.role !== "end")
  return (
    <div className="scroll">
      {"directed" in answer && !answer.directed ? <p className="toolsay">{t("tools.trace.undirected")}</p> : null}
      <div className="toolnums">
        <div>
          <span className="num">{numberText(answer.asset_ids.length, 0)}</span> {t("tools.trace.assets")}
        </div>
        <div>
          <span className="num">{distanceText(answer.length_m)}</span> {t("tools.trace.length")}
        </div>
      </div>
      <Section
        title={t("tools.trace.kinds")}
        note={"components" in answer ? t("tools.trace.parts", { count: answer.components }) : ""}
      >
        <KeyValues
          rows={Object.entries(answer.by_kind)
            .sort((a, b) => b[1] - a[1])
            .map(([kind, count]) => ({ key: names.kind(answer.lifeline, kind), value: numberText(count, 0) }))}
        />
        {answer.hidden ? <p className="note">{t("tools.hidden", { count: answer.hidden })}</p> : null}
        {answer.not_drawn ? <p className="note">{t("tools.not_drawn", { count: answer.not_drawn })}</p> : null}
      </Section>
      <Section title={t("tools.trace.list")} note={<Saves items={[{ id: "csv", words: "CSV", run: csv }]} />}>
        <ShortList
          label={t("tools.trace.list")}
          rows={rows.slice(0, listed_max)}
          idOf={(p) => p.id}
          onSelect={(p) => onOpen(p.id)}
          columns={[
            { id: "kind", title: t("tools.col.kind"), width: "120px", cell: (p) => names.kind(p.lifeline, p.kind) },
            {
              id: "code",
              title: t("tools.col.code"),
              width: "1fr",
              cell: (p) => <span className="m">{p.code ?? p.id}</span>,
            },
          ]}
        />
        {rows.length > listed_max ? (
          <p className="f12 i3">{t("tools.more", { count: rows.length - listed_max })}</p>
        ) : null}
      </Section>
    </div>
  )
}
