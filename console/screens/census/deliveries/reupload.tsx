import { useRef } from "react"
import type { DeliveryView } from "../../../../stages/census/staging/views.ts"
import { useStore } from "../../../external.ts"
import { say } from "../../../frame/index.ts"
import { Button } from "../../../kit/index.ts"
import { useUrl } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"
import { useMayWork } from "./may-work.ts"
import { add, pickedFiles, uploads } from "./uploads.ts"

/** 补传: corrected rows alone are enough; they replace the rows of the same number. */
export function ReUpload({ delivery }: { delivery: DeliveryView }) {
  const { t } = useWords()
  const [, setUrl] = useUrl()
  const input = useRef<HTMLInputElement>(null)
  const may = useMayWork(delivery)
  const mine = useStore(uploads).filter((u) => u.delivery_id === delivery.id)
  if (!may) return null
  return (
    <div className="col" style={{ gap: 4 }}>
      <Button onClick={() => input.current?.click()}>{t("deliveries.reupload")}</Button>
      <span className="i3">
        {mine.length > 0 ? t("deliveries.sending", { count: mine.length }) : t("deliveries.reupload_note")}
      </span>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-reupload
        onChange={(event) => {
          const given = pickedFiles(event.target.files)
          event.target.value = ""
          if (given.length === 0) return
          add(delivery.id, given)
          say(t("deliveries.reupload_said"))
          setUrl({ step: "files", rule: undefined, issue: undefined })
        }}
      />
    </div>
  )
}
