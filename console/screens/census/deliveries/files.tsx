import { type DragEvent, useRef, useState } from "react"
import type { DeliveryView } from "../../../../stages/census/staging/views.ts"
import { remove, urlOf } from "../../../api.ts"
import { useStore } from "../../../external.ts"
import { say } from "../../../frame/index.ts"
import { Button, bytesText, Icon, numberText } from "../../../kit/index.ts"
import { exactText } from "../../../time.ts"
import { useUrl } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"
import { base, doIt, useDesk } from "./desk.ts"
import { useMayWork } from "./may-work.ts"
import { add, again, drop, droppedFiles, type Given, pickedFiles, type Upload, uploads } from "./uploads.ts"

/** 接收: files and folders are dropped here; what has arrived is listed by upload. */
export function FilesStep({ delivery }: { delivery: DeliveryView }) {
  const { t } = useWords()
  const [, setUrl] = useUrl()
  const may = useMayWork(delivery)
  const mine = useStore(uploads).filter((u) => u.delivery_id === delivery.id)
  const check = useDesk<DeliveryView>(() => setUrl({ step: "check" }))
  const waiting = mine.filter((u) => u.state !== "failed").length
  return (
    <div className="scroll dv-body">
      <div className="dv-wide">
        {delivery.same_as ? (
          <p className="dv-note" role="status">
            <Icon name="warning" />
            <span>
              {t("deliveries.same_as", {
                name: delivery.same_as.name,
                id: delivery.same_as.id,
                time: exactText(delivery.same_as.published_at),
              })}
            </span>
          </p>
        ) : null}
        {may ? <DropZone delivery={delivery} /> : null}
        {mine.length ? <Queue rows={mine} /> : null}
        <Arrived delivery={delivery} may={may} />
        {may && delivery.files.length > 0 ? (
          <div className="row g8 dv-go">
            <Button
              kind="primary"
              large
              disabled={waiting > 0 || check.isPending}
              onClick={() => check.mutate(() => doIt(delivery.id, "check"))}
            >
              {t(delivery.rows === null ? "deliveries.check_now" : "deliveries.recheck")}
            </Button>
            <span className="i3 f12">
              {waiting > 0 ? t("deliveries.wait_uploads", { count: waiting }) : t("deliveries.check_note")}
            </span>
          </div>
        ) : null}
      </div>
    </div>
  )
}

function DropZone({ delivery }: { delivery: DeliveryView }) {
  const { t } = useWords()
  const [over, setOver] = useState(false)
  const files = useRef<HTMLInputElement>(null)
  const folder = useRef<HTMLInputElement>(null)
  const later = delivery.rows !== null && delivery.status !== "receiving"
  const take = (given: Given[]) => {
    if (given.length === 0) return say(t("deliveries.nothing_dropped"))
    const left = add(delivery.id, given)
    if (left > 0) say(t("deliveries.too_many", { count: left }))
  }
  const dropped = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    void droppedFiles(event.dataTransfer.items).then(take, (error: unknown) => {
      console.warn("a dropped file cannot be read", error)
      say(t("deliveries.drop_failed"))
    })
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is for the pointer; the two buttons inside do the same
    <div
      className={`dv-drop ${over ? "over" : ""}`}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={dropped}
    >
      <Icon name="download" size="l" />
      <b>{t(later ? "deliveries.drop_more" : "deliveries.drop")}</b>
      <span className="i3 f12">{t(later ? "deliveries.drop_more_note" : "deliveries.drop_note")}</span>
      <span className="row g8">
        <Button onClick={() => files.current?.click()}>{t("deliveries.pick_files")}</Button>
        <Button onClick={() => folder.current?.click()}>{t("deliveries.pick_folder")}</Button>
      </span>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        data-files
        onChange={(event) => {
          take(pickedFiles(event.target.files))
          event.target.value = ""
        }}
      />
      <input
        ref={(element) => {
          folder.current = element
          element?.setAttribute("webkitdirectory", "")
        }}
        type="file"
        hidden
        onChange={(event) => {
          take(pickedFiles(event.target.files))
          event.target.value = ""
        }}
      />
    </div>
  )
}

function Queue({ rows }: { rows: Upload[] }) {
  const { t, pick } = useWords()
  const total = rows.reduce((sum, u) => sum + u.file.size, 0)
  const sent = rows.reduce((sum, u) => sum + Math.min(u.sent_bytes, u.file.size), 0)
  return (
    <section className="dv-block">
      <h3>
        {t("deliveries.sending", { count: rows.length })}
        <span className="x">
          {bytesText(sent)} / {bytesText(total)}
        </span>
      </h3>
      {rows.map((u) => (
        <div key={u.key} className="dv-up">
          <span className="el">{u.name}</span>
          {u.problem ? (
            <span className="f12 el" title={pick(u.problem.words)}>
              <b>×</b> {pick(u.problem.words)}
            </span>
          ) : (
            <span
              className="bar"
              role="progressbar"
              aria-label={u.name}
              aria-valuenow={Math.round((100 * u.sent_bytes) / Math.max(1, u.file.size))}
            >
              <i style={{ width: `${(100 * u.sent_bytes) / Math.max(1, u.file.size)}%` }} />
            </span>
          )}
          <span className="i3 f12 r">
            {u.state === "waiting" ? t("deliveries.queued") : bytesText(u.state === "sending" ? u.sent_bytes : 0)} /{" "}
            {bytesText(u.file.size)}
          </span>
          <span className="row g4">
            {u.problem ? <Button onClick={() => again(u.key)}>{t("state.retry")}</Button> : null}
            <Button
              kind="ghost"
              icon
              aria-label={t("deliveries.cancel_file", { name: u.name })}
              title={t("deliveries.cancel_file", { name: u.name })}
              onClick={() => drop(u.key)}
            >
              <Icon name="close" />
            </Button>
          </span>
        </div>
      ))}
    </section>
  )
}

function Arrived({ delivery, may }: { delivery: DeliveryView; may: boolean }) {
  const { t } = useWords()
  const take = useDesk<DeliveryView>()
  if (delivery.files.length === 0) return null
  return (
    <section className="dv-block">
      <h3>
        {t("deliveries.arrived", { count: delivery.files.length })}
        <span className="x">{bytesText(delivery.files.reduce((sum, f) => sum + f.bytes, 0))}</span>
      </h3>
      <table className="t">
        <thead>
          <tr>
            <th>{t("census.file")}</th>
            <th>{t("deliveries.upload")}</th>
            <th className="r">{t("deliveries.size")}</th>
            <th>{t("deliveries.who")}</th>
            <th>{t("deliveries.when")}</th>
            <th />
          </tr>
        </thead>
        <tbody>
          {delivery.files.map((f) => (
            <tr key={`${f.upload} ${f.file_name}`}>
              <td>
                <b>{f.file_name}</b>
              </td>
              <td className="i2">
                {f.upload === 0 ? t("deliveries.first_upload") : t("deliveries.later_upload", { count: f.upload })}
              </td>
              <td className="r">{bytesText(f.bytes)}</td>
              <td className="i2">{f.uploaded_name}</td>
              <td className="i3">{exactText(f.uploaded_at)}</td>
              <td className="r">
                {may ? (
                  <Button
                    kind="ghost"
                    icon
                    title={t("deliveries.remove_file", { name: f.file_name })}
                    aria-label={t("deliveries.remove_file", { name: f.file_name })}
                    disabled={take.isPending}
                    onClick={() =>
                      take.mutate(() =>
                        remove<DeliveryView>(
                          urlOf(`${base}/${delivery.id}/files`, { upload: f.upload, file_name: f.file_name }),
                        ),
                      )
                    }
                  >
                    <Icon name="close" />
                  </Button>
                ) : null}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {delivery.files.length > 12 ? (
        <span className="i3 f12">{t("list.count", { count: numberText(delivery.files.length, 0) })}</span>
      ) : null}
    </section>
  )
}
