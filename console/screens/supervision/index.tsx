import { can, useCity, useMe } from "../../api.ts"
import { ScreenHead } from "../../kit/index.ts"
import { useWords } from "../../words/index.ts"
import { City } from "./city.tsx"
import { Link } from "./link.tsx"
import { Province } from "./province.tsx"

/** 监管: a city's day in numbers, or the cities of a province. */
export default function Supervision() {
  const city = useCity().data
  const me = useMe().data
  if (!city) return null
  if (city.level === "province") return <Province />
  return can(me, "reports.read") ? <City /> : <LinkOnly />
}

/** Who may see the link to the province but not the day's numbers. */
function LinkOnly() {
  const { t } = useWords()
  return (
    <main className="main one">
      <section className="panel">
        <ScreenHead title={t("rail.supervision")} />
        <Link />
      </section>
    </main>
  )
}
