import { type ReactNode, useRef } from "react"
import type { OrderView } from "../../api.ts"
import { useStore } from "../../external.ts"
import { Icon } from "../../kit/index.ts"
import { minuteText } from "../../time.ts"
import { useWords } from "../../words/index.ts"
import { photo_types } from "../response/photos.tsx"
import { add, drop, send, type Upload, uploads } from "./upload.ts"

/** A button that opens the camera. */
export function CameraButton({
  order,
  caption,
  className,
  children,
}: {
  order: OrderView
  caption: string
  className: string
  children: ReactNode
}) {
  const { t } = useWords()
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <input
        ref={input}
        type="file"
        accept={photo_types}
        capture="environment"
        hidden
        aria-label={t("field.take_photo")}
        onChange={(event) => {
          const file = event.target.files?.[0]
          event.target.value = ""
          if (file) void add(order.id, file, caption)
        }}
      />
      <button type="button" className={className} onClick={() => input.current?.click()}>
        {children}
      </button>
    </>
  )
}

export const useUploads = (order_id: number): readonly Upload[] =>
  useStore(uploads).filter((u) => u.order_id === order_id)

/** Photos that are in, those on their way, and a tile for the next; what went wrong stands below in words. */
export function PhotoRow({ order, caption }: { order: OrderView; caption: string }) {
  const { t, pick } = useWords()
  const waiting = useUploads(order.id)
  const failed = waiting.filter((u) => u.problem !== null)
  return (
    <>
      <div className="frow">
        {order.photos.map((photo) => (
          <a key={photo.hash + photo.city_time} className="fph" href={photo.url} target="_blank" rel="noreferrer">
            <span className="im">
              <img src={photo.url} alt={photo.caption ?? t("response.photo")} />
            </span>
            <b>{photo.caption ?? t("response.photo")}</b>
            <span className="st">
              {t("field.sent")} {minuteText(photo.city_time)}
            </span>
          </a>
        ))}
        {waiting.map((u) => (
          <button
            key={u.key}
            type="button"
            className={`fph ${u.problem ? "bad" : ""}`}
            onClick={() => (u.problem ? (u.preview ? send(u.key) : drop(u.key)) : undefined)}
          >
            <span className="im">
              {u.preview ? <img src={u.preview} alt="" /> : <Icon name={u.problem ? "close" : "camera"} size="l" />}
              {u.problem ? null : <i style={{ width: `${Math.round(u.share * 100)}%` }} />}
            </span>
            <b>{u.caption}</b>
            <span className="st">
              {u.problem
                ? t(u.preview ? "field.again" : "field.take_away")
                : `${t("field.sending")} ${Math.round(u.share * 100)} %`}
            </span>
          </button>
        ))}
        <CameraButton order={order} caption={caption} className="fph">
          <span className="im add">
            <Icon name="camera" size="l" />
          </span>
          <b>{t("field.photo")}</b>
          <span className="st">{t("field.add")}</span>
        </CameraButton>
      </div>
      {failed.map((u) => (
        <div key={u.key} className="fprob" role="alert">
          <b>{u.caption}</b> {pick(u.problem)}
        </div>
      ))}
    </>
  )
}
