import { useEffect, useRef, useState } from "react"
import { type OrderView, request, urlOf } from "../../api.ts"
import { say } from "../../frame/index.ts"
import { Button, Icon } from "../../kit/index.ts"
import { exactText, minuteText } from "../../time.ts"
import { useWords } from "../../words/index.ts"
import { problemOf, refetch } from "./orders.ts"

type Photo = OrderView["photos"][number]
export const photo_types = "image/jpeg,image/png,image/webp"

/** The photos of an order as tiles; a click shows one large. */
export function Photos({ photos, tiles = 4 }: { photos: readonly Photo[]; tiles?: number }) {
  const { t } = useWords()
  const [at, setAt] = useState<number | null>(null)
  return (
    <>
      <div className="photos" style={{ gridTemplateColumns: `repeat(${tiles}, minmax(0, 1fr))` }}>
        {photos.map((photo, i) => (
          <button key={photo.hash + photo.city_time} type="button" className="tile" onClick={() => setAt(i)}>
            <img src={photo.url} alt={photo.caption ?? t("response.photo")} loading="lazy" />
            <span className="f11">
              <b className="i2 el">{photo.caption ?? t("response.photo")}</b>
              <span className="i3">{minuteText(photo.city_time)}</span>
            </span>
          </button>
        ))}
      </div>
      {at !== null && photos[at] ? <Large photos={photos} at={at} onAt={setAt} /> : null}
    </>
  )
}

function Large({ photos, at, onAt }: { photos: readonly Photo[]; at: number; onAt(at: number | null): void }) {
  const { t } = useWords()
  const photo = photos[at]!
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (!["Escape", "ArrowLeft", "ArrowRight"].includes(event.key)) return
      event.stopPropagation()
      if (event.key === "Escape") onAt(null)
      else onAt((at + (event.key === "ArrowLeft" ? -1 : 1) + photos.length) % photos.length)
    }
    addEventListener("keydown", pressed, true)
    return () => removeEventListener("keydown", pressed, true)
  }, [at, photos.length, onAt])
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents lint/a11y/noStaticElementInteractions: Escape closes it too
    <div className="scrim" onClick={(event) => (event.target === event.currentTarget ? onAt(null) : undefined)}>
      <figure className="large" role="dialog" aria-modal="true" aria-label={photo.caption ?? t("response.photo")}>
        <img src={photo.url} alt={photo.caption ?? t("response.photo")} />
        <figcaption className="row g12 f12">
          <b className="f14">{photo.caption ?? t("response.photo")}</b>
          <span className="i2">{exactText(photo.city_time)}</span>
          <span className="i2">{photo.taken_by}</span>
          <span className="i3">
            {photo.width} × {photo.height}
          </span>
          <span className="m i3" title={photo.hash}>
            {photo.hash.slice(0, 12)}
          </span>
          <span className="sp" />
          {photos.length > 1 ? (
            <span className="i3">
              {at + 1} / {photos.length} ← →
            </span>
          ) : null}
          <Button autoFocus icon kind="ghost" aria-label={t("response.close")} onClick={() => onAt(null)}>
            <Icon name="close" />
          </Button>
        </figcaption>
      </figure>
    </div>
  )
}

/** Chooses one photo and sends it; the server says what is wrong with a broken one. */
export function PhotoButton({ order_id, caption }: { order_id: number; caption?: string }) {
  const { t, pick } = useWords()
  const input = useRef<HTMLInputElement>(null)
  const [busy, setBusy] = useState(false)
  const send = async (file: File) => {
    setBusy(true)
    try {
      await request("POST", urlOf(`/api/response/orders/${order_id}/photos`, { caption: caption?.slice(0, 60) }), file)
      say(t("response.photo_sent"))
    } catch (error) {
      const said = problemOf(error)
      say(said ? pick(said.words) : String(error))
    } finally {
      setBusy(false)
      refetch()
    }
  }
  return (
    <>
      <input
        ref={input}
        type="file"
        accept={photo_types}
        hidden
        onChange={(event) => {
          const file = event.target.files?.[0]
          event.target.value = ""
          if (file) void send(file)
        }}
      />
      <button
        type="button"
        className="btn icon"
        style={{ height: 32, width: 32, flex: "none" }}
        disabled={busy}
        aria-label={t("response.add_photo")}
        title={busy ? t("response.photo_sending") : t("response.add_photo")}
        onClick={() => input.current?.click()}
      >
        <Icon name="camera" />
      </button>
    </>
  )
}
