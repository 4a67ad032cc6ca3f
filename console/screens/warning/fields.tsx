import type { WarningContent } from "../../api.ts"
import { Field, type Level, LevelShape } from "../../kit/index.ts"
import { useWords } from "../../words/index.ts"
import { useOwners } from "./owners.ts"

const title_max = 80
const text_max = 1000

/** The fields of a warning; the text is what receivers read. */
export function ContentFields({
  content,
  onChange,
}: {
  content: WarningContent
  onChange(content: WarningContent): void
}) {
  const { t, pick } = useWords()
  const owners = useOwners()
  const set = <K extends keyof WarningContent>(key: K, value: WarningContent[K]) =>
    onChange({ ...content, [key]: value })
  return (
    <div className="col" style={{ gap: 12 }}>
      <Field label={t("warning.grade")} note={t("warning.grade_note")}>
        {/* biome-ignore lint/a11y/useSemanticElements: a segment of the shared sheet */}
        <span className="seg" role="group" aria-label={t("warning.grade")} style={{ height: 30 }}>
          {([1, 2, 3, 4] as Level[]).map((level) => (
            <button
              key={level}
              type="button"
              style={{ flex: 1, justifyContent: "center", gap: 6 }}
              aria-pressed={content.severity === level}
              onClick={() => set("severity", level)}
            >
              <LevelShape level={level} size="s" />
              {t(`grade.${level}`)}
            </button>
          ))}
        </span>
      </Field>
      <Field label={t("warning.title")} note={`${content.title.length} / ${title_max}`}>
        <span className="in">
          <input
            required
            maxLength={title_max}
            value={content.title}
            onChange={(event) => set("title", event.target.value)}
          />
        </span>
      </Field>
      <Field label={t("warning.text")} note={`${content.text.length} / ${text_max}`}>
        <span className="in ta">
          <textarea
            required
            rows={5}
            maxLength={text_max}
            value={content.text}
            onChange={(event) => set("text", event.target.value)}
          />
        </span>
      </Field>
      <Field label={t("warning.measures")} note={`${content.measures.length} / ${text_max}`}>
        <span className="in ta">
          <textarea
            rows={3}
            maxLength={text_max}
            value={content.measures}
            onChange={(event) => set("measures", event.target.value)}
          />
        </span>
      </Field>
      <div style={{ display: "grid", gridTemplateColumns: "1fr 1.6fr", gap: 12 }}>
        <Field label={t("warning.radius")} note="0 – 5,000">
          <span className="in">
            <input
              type="number"
              min={0}
              max={5000}
              step={10}
              value={content.radius_m}
              onChange={(event) => set("radius_m", Math.max(0, Math.min(5000, Math.round(Number(event.target.value)))))}
            />
            <span className="i3">m</span>
          </span>
        </Field>
        <Field label={t("warning.owner")} note={t("warning.owner_note")}>
          {owners.length ? (
            <span className="in">
              <select value={content.owner_id} onChange={(event) => set("owner_id", Number(event.target.value))}>
                {owners.map((owner) => (
                  <option key={owner.id} value={owner.id}>
                    {pick(owner.name)}
                  </option>
                ))}
              </select>
            </span>
          ) : (
            <span className="in ro">#{content.owner_id}</span>
          )}
        </Field>
      </div>
    </div>
  )
}

/** The message as it is received, with its true length. */
export function Preview({ content, city }: { content: WarningContent; city: string }) {
  const { t } = useWords()
  const text = `【${t(`grade.${content.severity}`)}${t("warning.word")}】${content.text}`
  const parts = text.length <= 70 ? 1 : Math.ceil(text.length / 67)
  return (
    <div
      style={{
        border: "1px solid var(--line-2)",
        borderRadius: "12px 12px 12px 2px",
        background: "var(--bg-raised)",
        padding: "8px 12px",
        fontSize: 13,
        lineHeight: "20px",
      }}
    >
      <div className="row f12 i3">
        <span>{city}</span>
        <span className="sp" />
        <span>{t("warning.length", { count: text.length, parts })}</span>
      </div>
      {text}
    </div>
  )
}
