import { useRouterState } from "@tanstack/react-router"
import { useKeys } from "../../frame/index.ts"
import { useUrl } from "../../url.ts"
import { Charts } from "./chart/index.tsx"
import { Devices } from "./devices.tsx"
import { PointMap } from "./point-map.tsx"
import { Quarantine } from "./quarantine.tsx"
import { Unknown } from "./unknown/index.tsx"
import { MonitoringViews } from "./views.tsx"
import { SparkWall } from "./wall/index.tsx"

/**
 * 监测: the chart of points, the wall of small charts, the map of all points, the device ledger with silent ones first,
 * devices to take in, what was refused at the doors.
 */
export default function Monitoring() {
  const [search, setUrl] = useUrl()
  const path = useRouterState({ select: (state) => state.location.pathname })
  useKeys({ Escape: () => setUrl({ sel: undefined }, { replace: true }) })
  const switcher = <MonitoringViews />
  if (path === "/monitoring/wall") return <SparkWall switcher={switcher} />
  if (path === "/monitoring") {
    if (search.view === "devices") return <Devices switcher={switcher} />
    if (search.view === "quarantine") return <Quarantine switcher={switcher} />
    if (search.view === "unknown") return <Unknown switcher={switcher} />
    if (search.view === "map") return <PointMap switcher={switcher} />
  }
  return <Charts switcher={switcher} />
}
