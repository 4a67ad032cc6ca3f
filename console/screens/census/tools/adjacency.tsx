import { useMemo } from "react"
import { useGet } from "../../../api.ts"
import { Section } from "../../../kit/index.ts"
import { type Found, useFound, useToolLayers } from "../../../map/tools/index.ts"
import { useUrl } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"
import { useNames } from "../../names.ts"
import { useTool } from "./url.ts"

type Named = {
  asset_id: number
  lifeline: string
  kind: string
  code: string | null
  name: string | null
  geometry: Found["geometry"]
}
type Adjacent = {
  spaces: (Named & { distance_m: number; along_m: number; side: number })[]
  leaking: (Named & { distance_m: number })[]
  opens_into: Named[]
  hidden: number
}
const listed_max = 30
const none: Found[] = []

/** 相邻空间: what gathers what leaks from this asset, or what leaks into it; nothing where there is neither. */
export function AdjacentSpaces({ id }: { id: number }) {
  // An open tool has the map's drawing for itself.
  return useTool().tool === null ? <Spaces id={id} /> : null
}

function Spaces({ id }: { id: number }) {
  const { t } = useWords()
  const names = useNames()
  const [, setUrl] = useUrl()
  const answer = useGet<Adjacent>(
    "census",
    "/api/census/adjacency",
    { asset: id },
    { keep: false, stale_ms: 60_000 },
  ).data
  const ready = useToolLayers()
  // biome-ignore lint/correctness/useExhaustiveDependencies: the declarations do not change
  const found = useMemo<Found[]>(() => {
    if (!answer || !ready) return none
    const class_of = (lifeline: string) => names.lifelines.find((l) => l.id === lifeline)?.class_code ?? "QT"
    return [...answer.spaces, ...answer.leaking].map((s) => ({
      geometry: s.geometry,
      class_code: class_of(s.lifeline),
      role: s.geometry.type === "Point" ? "chosen" : "dashed",
    }))
  }, [answer, ready])
  useFound(found)
  if (!answer || answer.spaces.length + answer.leaking.length + answer.opens_into.length + answer.hidden === 0)
    return null
  const row = (s: Named, note: string) => (
    <button key={s.asset_id} type="button" className="tooladj" onClick={() => setUrl({ sel: `asset:${s.asset_id}` })}>
      <span className="el">{names.kind(s.lifeline, s.kind)}</span>
      <span className="m i3 el">{s.code ?? s.name ?? s.asset_id}</span>
      <span className="sp" />
      <b className="nw1">{note}</b>
    </button>
  )
  const side = (s: number) =>
    s > 0 ? t("tools.adjacent.left") : s < 0 ? t("tools.adjacent.right") : t("tools.adjacent.over")
  return (
    <>
      {answer.spaces.length ? (
        <Section
          title={t("tools.adjacent.spaces")}
          note={t("tools.adjacent.spaces_note", { count: answer.spaces.length })}
        >
          {answer.spaces.slice(0, listed_max).map((s) => row(s, `${side(s.side)} ${s.distance_m.toFixed(1)} m`))}
          {answer.spaces.length > listed_max ? (
            <span className="f12 i3">{t("tools.adjacent.more", { count: answer.spaces.length - listed_max })}</span>
          ) : null}
        </Section>
      ) : null}
      {answer.leaking.length ? (
        <Section
          title={t("tools.adjacent.leaking")}
          note={t("tools.adjacent.leaking_note", { count: answer.leaking.length })}
        >
          {answer.leaking.slice(0, listed_max).map((s) => row(s, `${s.distance_m.toFixed(1)} m`))}
        </Section>
      ) : null}
      {answer.opens_into.length ? (
        <Section title={t("tools.adjacent.opens")} note={String(answer.opens_into.length)}>
          {answer.opens_into.slice(0, listed_max).map((s) => row(s, ""))}
        </Section>
      ) : null}
      {answer.hidden ? <p className="toolsay">{t("tools.hidden", { count: answer.hidden })}</p> : null}
    </>
  )
}
