import type { ReactNode } from "react"
import { useUrl } from "../url.ts"
import { useWords } from "../words/index.ts"
import { Button } from "./controls.tsx"
import { Icon } from "./icon.tsx"

/** Head of a screen: its name, what it holds now, its views and filters. */
export function ScreenHead({ title, note, children }: { title: string; note?: ReactNode; children?: ReactNode }) {
  return (
    <div className="ph wrap">
      <h2>{title}</h2>
      {note ? <span className="i3 f12 el">{note}</span> : null}
      <span className="sp" />
      {children}
    </div>
  )
}

/** Views of a screen as a segment; the chosen one is in the URL, its filters do not go with it to another. */
export function Views<T extends string>({
  views,
  label,
  keep = [],
}: {
  views: { id: T; words: ReactNode }[]
  label: string
  keep?: string[]
}) {
  const [search, setUrl] = useUrl()
  const now = views.some((v) => v.id === search.view) ? (search.view as T) : views[0]!.id
  return (
    // biome-ignore lint/a11y/useSemanticElements: a segment of the shared sheet
    <span className="seg" role="group" aria-label={label}>
      {views.map((view, i) => (
        <button
          key={view.id}
          type="button"
          aria-pressed={view.id === now}
          onClick={() =>
            setUrl({
              ...Object.fromEntries(
                Object.keys(search)
                  .filter((name) => !["t", "range", ...keep].includes(name))
                  .map((name) => [name, undefined]),
              ),
              view: i === 0 ? undefined : view.id,
            })
          }
        >
          {view.words}
        </button>
      ))}
    </span>
  )
}
export const useView = <T extends string>(views: readonly T[]): T => {
  const [search] = useUrl()
  return views.includes(search.view as T) ? (search.view as T) : views[0]!
}

/** First lines of every inspector: marks, name, place; closing at the right. */
export function InspectorHead({
  marks,
  title,
  code,
  place,
  onClose,
}: {
  marks?: ReactNode
  title: ReactNode
  code?: string | null
  place?: ReactNode
  onClose(): void
}) {
  const { t } = useWords()
  return (
    <div style={{ padding: "10px 16px 9px" }}>
      <div className="row g8" style={{ minHeight: 22 }}>
        {marks}
        <span className="sp" />
        <Button kind="ghost" icon onClick={onClose} aria-label={t("duty.close")} title={t("duty.close")}>
          <Icon name="close" />
        </Button>
      </div>
      <div className="row g8" style={{ marginTop: 5 }}>
        <b className="f16 el">{title}</b>
        {code ? <span className="m i2 nw1">{code}</span> : null}
      </div>
      {place ? (
        <div className="i3 f12" style={{ marginTop: 1 }}>
          {place}
        </div>
      ) : null}
    </div>
  )
}
