/** Where a delivery's coordinates lie: the system that a person chose, or one that fits without doubt, or proposals. */
import { type LonLat, ProblemError, problem } from "../../../model/index.ts"
import {
  type CoordinateSystem,
  coordinateSystem,
  fromWkt,
  proposeSystems,
  type SystemDefinition,
} from "../../../science/index.ts"
import type { Survey, SurveySystem } from "../survey/index.ts"
import type { SystemChoice, SystemProposal } from "./types.ts"

export type Chosen = {
  system: SurveySystem | null
  /** The plane in which the system's metres lie. */
  plane: CoordinateSystem | null
  choice: SystemChoice | null
  proposals: SystemProposal[]
}
export type NamedCrs = { epsg: number } | { wkt: string }

/** What the numbers alone say is taken where it is at least this likely and the next at most that. Editable defaults. */
const certain_min = 0.9
const next_max = 0.1
/** Share of the rows that must look alike; the others are said by the check on zones. Editable default. */
const alike_min = 0.9
const proposals_max = 8

/**
 * What a person chose goes first; then what the files name where their numbers agree with it; then what the numbers
 * say where only one system fits them. Else nothing is chosen. A wrong order of axes is proposed and never taken.
 */
export function chooseSystem(
  survey: Survey,
  given: { chosen: SystemChoice | null; named: readonly NamedCrs[]; near: LonLat | null },
): Chosen {
  const proposals = proposalsFor(survey, given.near)
  const named = namedSystem(given.named)
  for (const proposal of proposals) if (named !== null && sameSystem(proposal, named)) proposal.certain = true
  const choice = given.chosen ?? proposals.find((proposal) => proposal.certain)?.system ?? null
  if (choice) refuseMisfit(choice, survey)
  const opened = choice && openSystem(choice, survey)
  return { system: opened?.system ?? null, plane: opened?.plane ?? null, choice, proposals }
}

function proposalsFor(survey: Survey, near: LonLat | null): SystemProposal[] {
  const { x, y } = survey.points.number
  if (!x || !y) return []
  const { groups, unreadable } = proposeSystems(x, y, near)
  const [largest] = groups
  if (!largest) return []
  const alike = largest.rows.length / (x.length - unreadable.length)
  const [first, second] = largest.proposals
  const sure =
    first !== undefined &&
    alike >= alike_min &&
    !first.swapped &&
    first.confidence >= certain_min &&
    (second?.confidence ?? 0) <= next_max
  return largest.proposals
    .filter((proposal) => proposal.system !== null)
    .slice(0, proposals_max)
    .map(({ system, swapped, confidence, because, centre, distance_km }) => ({
      system: { definition: system!.definition, swapped },
      name: system!.name,
      needs_control_points: system!.needs_control_points,
      confidence,
      because,
      centre,
      distance_km,
      rows: largest.rows.length,
      certain: sure && system === first.system && !system!.needs_control_points,
    }))
}

/** The one system that all files name; null where they are silent, differ, or name one that is not known. */
function namedSystem(named: readonly NamedCrs[]): SystemDefinition | null {
  const found = named.map((crs) => ("epsg" in crs ? crs.epsg : (fromWkt(crs.wkt)?.definition ?? null)))
  const [first] = found
  const one = first !== undefined && found.every((other) => JSON.stringify(other) === JSON.stringify(first))
  return one ? first : null
}

/** Degrees of WGS 84 and of CGCS2000 are the same to us. */
const sameSystem = (proposal: SystemProposal, named: SystemDefinition): boolean => {
  const degrees = (definition: SystemDefinition) => (definition === 4326 ? 4490 : definition)
  return (
    !proposal.system.swapped && JSON.stringify(degrees(proposal.system.definition)) === JSON.stringify(degrees(named))
  )
}

/** A chosen system over the numbers of a survey. Degrees are laid out in the Gauss–Krüger zone of their middle. */
function openSystem(choice: SystemChoice, survey: Survey): { system: SurveySystem; plane: CoordinateSystem } {
  const system = coordinateSystem(choice.definition)
  const swap = (x: number, y: number): [number, number] => (choice.swapped ? [y, x] : [x, y])
  const { x, y } = survey.points.number
  const first = x?.findIndex((value, i) => Number.isFinite(value) && Number.isFinite(y?.[i])) ?? -1
  if (first < 0 || (system.unit === "metres" && choice.definition !== web_mercator))
    return { system: { toPlane: swap, toLonLat: system.toLonLat }, plane: system }
  const [north, east] = swap(x![first]!, y![first]!)
  const plane = planeAround(system.toLonLat(north, east)[0])
  const toPlane = (a: number, b: number) => plane.fromLonLat(system.toLonLat(...swap(a, b)))
  return { system: { toPlane, toLonLat: plane.toLonLat }, plane }
}

/** A ring of a file in metres of the delivery's plane; null where the file names a system that is not known. */
export function ringInPlane(
  { ring, crs }: { ring: number[][]; crs: NamedCrs | null },
  plane: CoordinateSystem,
): [north_m: number, east_m: number][] | null {
  const named = crs === null ? null : namedSystem([crs])
  if (crs !== null && named === null) return null
  // A file that says nothing holds degrees, or metres of the same plane.
  const degrees = ring.every(([lon = 0, lat = 0]) => Math.abs(lon) <= 180 && Math.abs(lat) <= 90)
  const from = named === null ? (degrees ? coordinateSystem(4490) : plane) : openNamed(named)
  return from && ring.map(([east = 0, north = 0]) => plane.fromLonLat(from.toLonLat(north, east)))
}

/** Null where the number stands for a system that is not known here. */
function openNamed(definition: SystemDefinition): CoordinateSystem | null {
  try {
    return coordinateSystem(definition)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** A projection is true near its central meridian; past this many metres from its false origin its numbers are another's. */
const off_m_max = 5

/** Throws a ProblemError where the delivery's numbers cannot be coordinates of the system: zone numbers in a system without. */
function refuseMisfit(choice: SystemChoice, survey: Survey): void {
  const { x, y } = survey.points.number
  const system = coordinateSystem(choice.definition)
  const n = x?.length ?? 0
  let [looked, fits] = [0, 0]
  for (let i = 0; i < n; i += Math.max(1, Math.floor(n / 200))) {
    const [north, east] = choice.swapped ? [y?.[i] ?? Number.NaN, x![i]!] : [x![i]!, y?.[i] ?? Number.NaN]
    if (!Number.isFinite(north) || !Number.isFinite(east)) continue
    looked++
    const [lon, lat] = system.toLonLat(north, east)
    if (!(Math.abs(lon) <= 180 && Math.abs(lat) <= 85)) continue
    const [back_n, back_e] = system.fromLonLat([lon, lat])
    if (system.unit !== "metres" || Math.hypot(back_n - north, back_e - east) <= off_m_max) fits++
  }
  if (looked === 0 || fits * 2 >= looked) return
  throw new ProblemError(
    problem(
      "system-misfit",
      422,
      `成果的坐标不可能是${system.name.zh}：换算后不在地球上的合理位置。请检查带号、轴序，改选建议的坐标系`,
      `The delivery's numbers cannot be coordinates of ${system.name.en}: they do not lead to a place on earth and back. Check zone numbers and the order of axes, or choose a proposed system`,
      { field: "system", value: choice.definition },
    ),
  )
}

/** Its metres grow with the latitude, so that lengths are measured elsewhere. */
const web_mercator = 3857

const planeAround = (lon: number): CoordinateSystem =>
  coordinateSystem({ central_meridian_deg: Math.round(lon / 3) * 3 })

/** Throws a ProblemError where no system can be made of the choice. */
export function checkSystem(choice: SystemChoice): void {
  try {
    coordinateSystem(choice.definition)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new ProblemError(
      problem(
        "system-unknown",
        422,
        `坐标系不可用：${error.message}`,
        `This coordinate system cannot be used: ${error.message}`,
        { field: "system", value: choice.definition },
      ),
    )
  }
}

/** Lays the points of a survey out anew in metres of a system's plane. */
export function placeSurvey(survey: Survey, system: SurveySystem | null): void {
  const { x, y } = survey.points.number
  if (!system || !x || !y) return
  for (let i = 0; i < survey.points.count; i++) {
    const [north, east] = system.toPlane(x[i]!, y[i]!)
    survey.north_m[i] = north
    survey.east_m[i] = east
  }
}
