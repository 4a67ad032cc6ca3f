import { can, useMe } from "../../api.ts"
import { useKeys } from "../../frame/index.ts"
import { useView, Views } from "../../kit/index.ts"
import { useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"
import { Compare } from "./compare.tsx"
import { Devices } from "./devices.tsx"
import { Quarantine } from "./quarantine.tsx"

const views = ["points", "devices", "quarantine"] as const

/** 监测: points and their curves on one time, the device ledger with silent ones first, what was refused at the doors. */
export default function Monitoring() {
  const { t } = useWords()
  const me = useMe().data
  const [, setUrl] = useUrl()
  const view = useView(views)
  useKeys({ Escape: () => setUrl({ sel: undefined }) })
  const switcher = (
    <Views
      label={t("monitoring.views")}
      views={[
        { id: "points" as const, words: t("monitoring.points") },
        ...(can(me, "devices.read") ? [{ id: "devices" as const, words: t("monitoring.devices") }] : []),
        ...(can(me, "quarantine.read") ? [{ id: "quarantine" as const, words: t("monitoring.quarantine") }] : []),
      ]}
    />
  )
  if (view === "devices") return <Devices switcher={switcher} />
  if (view === "quarantine") return <Quarantine switcher={switcher} />
  return <Compare switcher={switcher} />
}
