import { Link, useRouterState } from "@tanstack/react-router"
import { can, useMe } from "../../api.ts"
import { type Search, useUrl } from "../../url.ts"
import { useWords } from "../../words/index.ts"

type View = { id: string; path: string; view?: string; permission?: string }
const views: View[] = [
  { id: "charts", path: "/monitoring/charts", permission: "readings.read" },
  { id: "wall", path: "/monitoring/wall", permission: "readings.read" },
  { id: "map", path: "/monitoring", view: "map", permission: "readings.read" },
  { id: "devices", path: "/monitoring", view: "devices", permission: "devices.read" },
  { id: "unknown", path: "/monitoring", view: "unknown", permission: "quarantine.read" },
  { id: "quarantine", path: "/monitoring", view: "quarantine", permission: "quarantine.read" },
]

/** The views of monitoring; time and range go along from one to the other, filters do not. */
export function MonitoringViews() {
  const { t } = useWords()
  const me = useMe().data
  const [search] = useUrl()
  const path = useRouterState({ select: (state) => state.location.pathname })
  const here = (v: View) =>
    v.view
      ? path === v.path && search.view === v.view
      : path === v.path || (v.id === "charts" && path === "/monitoring" && !search.view)
  const kept: Search = { t: search.t, range: search.range }
  return (
    <nav className="seg views" aria-label={t("monitoring.views")}>
      {views
        .filter((v) => !v.permission || can(me, v.permission))
        .map((v) => (
          <Link
            key={v.id}
            to={v.path as never}
            search={{ ...kept, view: v.view } as never}
            aria-current={here(v) ? "page" : undefined}
          >
            {t(`monitoring.view.${v.id}`)}
          </Link>
        ))}
    </nav>
  )
}
