import "./desk.css"
import "./issues.css"
import type { ReactNode } from "react"
import { can, useMe } from "../../../api.ts"
import { Loading, Notice } from "../../../kit/index.ts"
import { useUrl } from "../../../url.ts"
import { useWords } from "../../../words/index.ts"
import { ChangeSetPage } from "./change.tsx"
import { ChangeList } from "./changes.tsx"
import { DeliveryList } from "./list.tsx"
import { DeliveryPage } from "./one.tsx"

/** 成果入库: from the files of a survey to what a second person approves. */
export function Deliveries({ switcher }: { switcher: ReactNode }) {
  const [search] = useUrl()
  const id = Number(search.delivery)
  return <Allowed>{id > 0 ? <DeliveryPage key={id} id={id} /> : <DeliveryList switcher={switcher} />}</Allowed>
}

/** 变更审批: what would change in the census, until somebody else decides. */
export function Changes({ switcher }: { switcher: ReactNode }) {
  const [search] = useUrl()
  const id = Number(search.change)
  return <Allowed>{id > 0 ? <ChangeSetPage key={id} id={id} /> : <ChangeList switcher={switcher} />}</Allowed>
}

/** Whoever may neither bring in nor approve is told so, and whom to ask. */
function Allowed({ children }: { children: ReactNode }) {
  const { t } = useWords()
  const me = useMe().data
  if (!me) return <Loading />
  if (can(me, "census.import") || can(me, "census.approve")) return children
  return (
    <main className="main one">
      <section className="panel">
        <Notice icon="lock" title={t("state.no_permission")} text={t("deliveries.no_permission")} />
      </section>
    </main>
  )
}
