/** The same three questions to both engines, through the address that a console would ask. */
import { type Instance, pause, percentiles } from "./instance.ts"
import { past_points, pastPointCode, points } from "./peer-plan.ts"
import { askTheirs } from "./peer-theirs.ts"
import { kindOf, kinds } from "./senders/peer-values.ts"

export type QueryFigures = { latest_all_ms: number; day_of_a_point_ms: number; year_of_a_point_ms: number }

const day_ms = 86_400_000
const between_ms = 100
const latest_times = 5
/** A day is asked for in so many steps, each with its lowest and highest, so that no peak is lost. */
const day_steps = 300

async function median(times: number, ask: (i: number) => Promise<void>): Promise<number> {
  const ms: number[] = []
  for (let i = 0; i < times; i++) {
    const began = performance.now()
    await ask(i)
    ms.push(performance.now() - began)
    await pause(between_ms)
  }
  return percentiles(ms).p50
}

const need = (what: string, found: number, wanted: number) => {
  if (found < wanted) throw new Error(`${what}: ${found} rows came back where ${wanted} were expected.`)
}

/** Medians, ms. `end` is where the past ends; every question about the past is asked once of each past point. */
export async function askOurs(instance: Instance, ids: Map<string, number>, end: number): Promise<QueryFigures> {
  const get = async <T>(path: string): Promise<T> => {
    const answer = await fetch(`${instance.url}${path}`, { headers: instance.headers })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${(await answer.text()).slice(0, 200)}`)
    return (await answer.json()) as T
  }
  return {
    latest_all_ms: await median(latest_times, async () => {
      const { point } = await get<{ point: number[] }>("/api/monitoring/latest/columns?all=1")
      need("latest of all", point.length, points)
    }),
    day_of_a_point_ms: await median(past_points, async (i) => {
      const id = ids.get(pastPointCode(i))
      const path = `/api/monitoring/curves?points=${id}&from=${end - day_ms}&to=${end}&max=${4 * day_steps}`
      const [curve] = await get<{ time: number[] }[]>(path)
      need("a day of a point", curve?.time.length ?? 0, 2 * day_steps)
    }),
    year_of_a_point_ms: await median(past_points, async (i) => {
      const id = ids.get(pastPointCode(i))
      const path = `/api/monitoring/rollups?points=${id}&from=${end - 365 * day_ms}&to=${end}&step=1d`
      const [days] = await get<{ start: number[] }[]>(path)
      need("a year of a point", days?.start.length ?? 0, 360)
    }),
  }
}

/** The same of VictoriaMetrics; response caches do not help, as each point is asked once. */
export async function askVictoria(url: string, end: number): Promise<QueryFigures> {
  const series = (i: number) => `${kindOf(i)}{device="${pastPointCode(i)}"}`
  const range = async (query: string, from: number, step_s: number, wanted: number) => {
    const span = { start: String((from + step_s * 1000) / 1000), end: String(end / 1000), step: `${step_s}s` }
    const rows = (await askTheirs(url, "/api/v1/query_range", { query, ...span })) as { values: unknown[] }[]
    // rollup() answers with three rows: lowest, highest and mean.
    need(query, rows.length < 3 ? 0 : rows[0]!.values.length, wanted)
  }
  return {
    latest_all_ms: await median(latest_times, async () => {
      const query = `last_over_time({__name__=~"${kinds.join("|")}"}[10s])`
      need("latest of all", (await askTheirs(url, "/api/v1/query", { query })).length, points)
    }),
    day_of_a_point_ms: await median(past_points, async (i) => {
      const step_s = day_ms / 1000 / day_steps
      await range(`rollup(${series(i)}[${step_s}s])`, end - day_ms, step_s, day_steps - 1)
    }),
    year_of_a_point_ms: await median(past_points, (i) =>
      range(`rollup(${series(i)}[1d])`, end - 365 * day_ms, 86_400, 360),
    ),
  }
}
