import { type ReactNode, useState } from "react"
import type { Static } from "typebox"
import { survey_attributes } from "../../../model/survey.ts"
import type { SpanView } from "../../../stages/census/changes/views.ts"
import { type AssetView, useGet } from "../../api.ts"
import { InspectorHead, KeyValues, numberText, Section, unitText } from "../../kit/index.ts"
import { dateText, exactText } from "../../time.ts"
import { useAt } from "../../url.ts"
import { useWords } from "../../words/index.ts"

type Span = Static<typeof SpanView>
const shown_first = 6

const useHistory = (id: number | null) =>
  useGet<Span[]>(
    "asset",
    id === null ? null : `/api/census/assets/${id}/history`,
    {},
    { keep: false, stale_ms: 30_000 },
  )

/** What was true at a time: of each attribute the stretch that covers it. */
const thenOf = (spans: readonly Span[], at: number): Span[] =>
  spans.filter((s) => s.valid_from <= at && (s.valid_to === null || s.valid_to > at))

/** Name and value of an attribute as people read them; the survey's own are known where a kind does not declare them. */
function useReader(asset: AssetView | undefined) {
  const { t, pick } = useWords()
  const declared = (id: string) => asset?.attributes.find((a) => a.id === id)
  const unitOf = (id: string) => declared(id)?.unit ?? survey_attributes.get(id)?.unit ?? null
  return {
    name: (id: string): string => {
      if (id === "name") return t("past.name")
      const own = declared(id)?.name
      return pick(own && own.zh !== id ? own : survey_attributes.get(id)?.name) || id
    },
    value: (id: string, value: unknown): string => {
      const unit = unitOf(id)
      const text =
        typeof value === "number" ? numberText(value, Number.isInteger(value) ? 0 : undefined) : String(value)
      return unit ? `${text} ${unitText(unit)}` : text
    },
  }
}

/** An asset that is no longer there is shown as it was, where the time bar stands in its past; else the asset as it is. */
export function PastAsset({
  id,
  known,
  gone,
  onClose,
  children,
}: {
  id: number
  known: AssetView | undefined
  gone: boolean
  onClose(): void
  children: ReactNode
}) {
  const { t } = useWords()
  const at = useAt()
  const spans = useHistory(gone && at !== null ? id : null).data
  const read = useReader(known)
  const then = spans && at !== null ? thenOf(spans, at) : []
  if (!gone || then.length === 0) return children
  const name = then.find((s) => s.attribute === "name")
  return (
    <>
      <InspectorHead title={name ? String(name.value) : `#${id}`} code={`#${id}`} onClose={onClose} />
      <Section title={t("past.title")} note={t("past.gone", { time: exactText(at!) })}>
        <KeyValues
          rows={then
            .filter((s) => s.attribute !== "name")
            .map((s) => ({ key: read.name(s.attribute), value: read.value(s.attribute, s.value) }))}
        />
      </Section>
    </>
  )
}

/** Where the time bar stands in the past: what was known of the asset then, and how it differs from now. */
export function PastValues({ asset }: { asset: AssetView }) {
  const { t } = useWords()
  const at = useAt()
  const spans = useHistory(at === null ? null : asset.id).data
  const read = useReader(asset)
  if (at === null || !spans) return null
  const then = thenOf(spans, at)
  const version = asset.versions.find((v) => v.valid_from <= at && (v.valid_to === null || v.valid_to > at))
  const now = new Map(asset.attributes.map((a) => [a.id, a.value]))
  now.set("name", asset.name)
  return (
    <Section title={t("past.title")} note={version ? stretch(version.valid_from, version.valid_to, t) : exactText(at)}>
      {then.length === 0 ? (
        <span className="f12 i2">{t("past.nothing")}</span>
      ) : (
        <>
          <div className="f12 i3" style={{ marginBottom: 4 }}>
            {t("past.then", { time: exactText(at) })}
          </div>
          <KeyValues
            rows={then.map((s) => {
              const text = read.value(s.attribute, s.value)
              const same = (now.get(s.attribute) ?? null) === s.value
              return { key: read.name(s.attribute), value: same ? text : <b className="then">{text}</b> }
            })}
          />
        </>
      )}
    </Section>
  )
}

const stretch = (
  from: number,
  to: number | null,
  t: (key: string, values?: Record<string, unknown>) => string,
): string =>
  t("past.until", {
    from: from > 0 ? dateText(from) : t("past.always"),
    to: to === null ? t("past.now") : dateText(to),
  })

/** Every attribute through time: value, since when, from which delivery, how exact. */
export function History({ asset }: { asset: AssetView }) {
  const { t } = useWords()
  const [all, setAll] = useState(false)
  const spans = useHistory(asset.id).data
  const read = useReader(asset)
  if (!spans || spans.length === 0) return null
  const newest = [...spans].sort(
    (a, b) => b.valid_from - a.valid_from || Number(a.valid_to !== null) - Number(b.valid_to !== null),
  )
  const shown = all ? newest : newest.slice(0, shown_first)
  return (
    <Section title={t("past.history")} note={String(spans.length)}>
      <table className="t tight flush">
        <tbody>
          {shown.map((s) => (
            <tr key={`${s.attribute}${s.valid_from}${s.batch_id}`}>
              <td className="i2">{read.name(s.attribute)}</td>
              <td>
                {s.valid_to === null ? <b>{read.value(s.attribute, s.value)}</b> : read.value(s.attribute, s.value)}
              </td>
              <td className="i3" title={[s.source, s.file, t("past.batch", { id: s.batch_id }), s.by].join(" · ")}>
                {s.source}
                {accuracyText(s.accuracy, t)}
              </td>
              <td className="r i3">{stretch(s.valid_from, s.valid_to, t)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {spans.length > shown_first ? (
        <button type="button" className="lk f12" style={{ marginTop: 4 }} onClick={() => setAll(!all)}>
          {all ? t("past.less") : t("past.more", { count: spans.length })}
        </button>
      ) : null}
    </Section>
  )
}

/** Accuracy as the delivery states it. */
function accuracyText(accuracy: unknown, t: (key: string, values?: Record<string, unknown>) => string): string {
  const { position_m, depth_m } = (accuracy ?? {}) as { position_m?: number | null; depth_m?: number | null }
  return [
    typeof position_m === "number" ? t("past.accuracy_position", { text: numberText(position_m, 2) }) : null,
    typeof depth_m === "number" ? t("past.accuracy_depth", { text: numberText(depth_m, 2) }) : null,
  ]
    .map((text) => (text === null ? "" : ` · ${text}`))
    .join("")
}
