/** Writes a water network as EPANET 2.2 input (format: EPANET 2.2 User Manual, appendix C.1), units CMH. */
import type { P } from "./geometry.ts"
import type { WaterNet } from "./water-net.ts"

/** Demand over the hours of a local day, mean 1. */
export const dayPatterns: Record<"RES" | "COM" | "IND", number[]> = {
  RES: [
    0.46, 0.38, 0.35, 0.34, 0.38, 0.6, 1.02, 1.42, 1.4, 1.2, 1.1, 1.16, 1.26, 1.1, 0.97, 0.95, 1.02, 1.24, 1.5, 1.56,
    1.42, 1.18, 0.9, 0.64,
  ],
  COM: [
    0.3, 0.27, 0.26, 0.26, 0.3, 0.46, 0.8, 1.2, 1.5, 1.62, 1.6, 1.56, 1.5, 1.42, 1.46, 1.5, 1.46, 1.36, 1.24, 1.1, 0.92,
    0.7, 0.48, 0.34,
  ],
  IND: [
    0.7, 0.68, 0.68, 0.68, 0.7, 0.78, 0.95, 1.15, 1.25, 1.28, 1.26, 1.16, 1.05, 1.18, 1.26, 1.26, 1.22, 1.12, 1.0, 0.95,
    0.92, 0.88, 0.82, 0.74,
  ],
}

export const tank = { level_initial_m: 3.6, level_min_m: 0.6, level_max_m: 6.8, diameter_m: 46 }

const n2 = (v: number): string => String(Math.round(v * 100) / 100)

/** `at` turns ground metres into the file's local metres. */
export function writeInp(net: WaterNet, title: string, at: (p: P) => P): string {
  const out: string[] = ["[TITLE]", title, ""]
  const section = (name: string, head: string, rows: string[]): void => {
    out.push(`[${name}]`, `;${head}`, ...rows, "")
  }
  const junctions = net.nodes.filter((n) => n.kind === "junction")
  section(
    "JUNCTIONS",
    "ID Elevation Demand Pattern",
    junctions.map(
      (n) =>
        ` ${n.id} ${n2(n.elevation_m)} ${n.demand_m3h} ${n.pattern} ;${n.name ? `name=${n.name.zh} ` : ""}owner=water`,
    ),
  )
  section(
    "RESERVOIRS",
    "ID Head",
    net.nodes
      .filter((n) => n.kind === "reservoir")
      .map((n) => ` ${n.id} ${n2(n.elevation_m)} ;name=${n.name?.zh ?? "水厂"} owner=water`),
  )
  section(
    "TANKS",
    "ID Elevation InitLevel MinLevel MaxLevel Diameter MinVol",
    net.nodes
      .filter((n) => n.kind === "tank")
      .map(
        (n) =>
          ` ${n.id} ${n2(n.elevation_m)} ${tank.level_initial_m} ${tank.level_min_m} ${tank.level_max_m} ${tank.diameter_m} 0 ;name=${n.name?.zh ?? "水池"} owner=water`,
      ),
  )
  section(
    "PIPES",
    "ID Node1 Node2 Length Diameter Roughness MinorLoss Status",
    net.links
      .filter((l) => l.kind === "pipe")
      .map(
        (l) =>
          ` ${l.id} ${net.nodes[l.from]!.id} ${net.nodes[l.to]!.id} ${n2(l.length_m)} ${l.diameter_mm} ${l.roughness} 0 Open ;material=${l.material} year=${l.year} breaks=${l.breaks} name=${l.name.replaceAll(" ", "")} owner=water people=${l.people}`,
      ),
  )
  section(
    "PUMPS",
    "ID Node1 Node2 Parameters",
    net.links
      .filter((l) => l.kind === "pump")
      .map(
        (l) =>
          ` ${l.id} ${net.nodes[l.from]!.id} ${net.nodes[l.to]!.id} HEAD HC1 ;name=${l.name.replaceAll(" ", "")}送水泵 owner=water`,
      ),
  )
  section("CURVES", "ID Flow Head", [` HC1 ${n2(net.pump_design.flow_m3h)} ${n2(net.pump_design.head_m)}`])
  section(
    "PATTERNS",
    "ID Multipliers",
    Object.entries(dayPatterns).flatMap(([id, values]) =>
      [0, 6, 12, 18].map((k) => ` ${id} ${values.slice(k, k + 6).join(" ")}`),
    ),
  )
  section("TIMES", "", [
    " Duration 24:00",
    " Hydraulic Timestep 1:00",
    " Pattern Timestep 1:00",
    " Report Timestep 1:00",
    " Start ClockTime 12 am",
    " Statistic None",
  ])
  section("REPORT", "", [" Status No", " Summary No"])
  section("OPTIONS", "", [
    " Units CMH",
    " Headloss H-W",
    " Specific Gravity 1",
    " Viscosity 1",
    " Trials 80",
    " Accuracy 0.001",
    " Unbalanced Continue 10",
    " Pattern RES",
    " Demand Multiplier 1",
    " Emitter Exponent 0.5",
    " Quality None",
  ])
  const xy = (p: P): string => at(p).map(n2).join(" ")
  section(
    "COORDINATES",
    "Node X Y",
    net.nodes.map((n) => ` ${n.id} ${xy(n.at)}`),
  )
  section(
    "VERTICES",
    "Link X Y",
    net.links.flatMap((l) => l.line.slice(1, -1).map((p) => ` ${l.id} ${xy(p)}`)),
  )
  out.push("[END]", "")
  return out.join("\n")
}
