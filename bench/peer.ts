/**
 * `npm run bench -- peer`: side by side with VictoriaMetrics and vmalert, in turns on the same machine, with the same
 * points, values, limits and questions. Ours with fsync before each acknowledgement and detectors on; theirs as it
 * comes, which acknowledges from memory. Takes about five minutes; needs `apt-get install victoria-metrics`.
 */
import { execFileSync } from "node:child_process"
import { chmodSync, mkdirSync } from "node:fs"
import { loadavg } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { removeFolder, temporaryFolder } from "./instance.ts"
import { killFigures, killOurs, killTheirs, noKills } from "./peer-kills.ts"
import * as load from "./peer-load.ts"
import { fillOurs, makeOurs, weighOurs } from "./peer-ours.ts"
import * as size from "./peer-plan.ts"
import { findTheirs, metricTheirs, settleTheirs, startTheirs, writeLines } from "./peer-theirs.ts"
import { verdict } from "./peer-words.ts"

const minute_ms = 60_000
const durability = {
  mingmai: "acknowledged after fsync, commits grouped each 50 ms",
  "victoria-metrics": "acknowledged from memory, on disk up to 5 s later without a log ahead of it",
}
const rules = {
  mingmai: "a threshold for each of four kinds of point, judged at each commit, two readings needed",
  "victoria-metrics": "a rule for each of four kinds of point, vmalert each second, look-back 5 s, no latency offset",
}

/** Figures of both engines, row by row, and in words who is better at what. */
export async function run(): Promise<object[]> {
  findTheirs()
  const load_before = loadavg()
  const folder = temporaryFolder()
  const [mine, mine_rough, yours, yours_rough] = ["ours", "ours-rough", "theirs", "theirs-rough"].map((name) =>
    join(folder, name),
  ) as [string, string, string, string]
  try {
    // As root, the database of ours runs as another user, who must be able to enter.
    chmodSync(folder, 0o711)
    for (const name of [mine, yours, yours_rough]) mkdirSync(name)
    // The past ends two hours ago, so that no live value meets it.
    const end = Math.floor(Date.now() / minute_ms) * minute_ms - 120 * minute_ms
    await makeOurs(mine, size.points, size.past_points)
    // A second city for what is rough, with the owners that its database insists on.
    execFileSync("cp", ["-a", mine, mine_rough])
    const past_ours = await fillOurs(mine, size.past(end))
    const past_theirs = await fillTheirs(yours, end)

    const [even_ours, even_theirs] = [[] as Turn<typeof load.evenOurs>[], [] as Turn<typeof load.evenTheirs>[]]
    for (let turn = 0; turn < size.turns; turn++) {
      even_ours.push(await load.evenOurs(mine, turn, past_ours.ids, end))
      even_theirs.push(await load.evenTheirs(yours, turn, end))
    }
    const all_ours = await weighOurs(mine)
    const all_theirs = await weighTheirs(yours)

    const rough = await roughly(mine_rough, yours_rough, past_ours.ids.get(size.killedCode)!)
    const lines = rows({
      past: { mingmai: past_ours, "victoria-metrics": past_theirs },
      all: { mingmai: all_ours, "victoria-metrics": all_theirs },
      even: { mingmai: even_ours.map((e) => e.mqtt), "victoria-metrics": even_theirs.map((e) => e.asked) },
      lines: {
        mingmai: even_ours.flatMap((e) => (e.lines ? [e.lines] : [])),
        "victoria-metrics": even_theirs.map((e) => e.lines),
      },
      rough,
    })
    const rounded = (load: number[]) => load.map((v) => Number(v.toFixed(1)))
    return [
      ...lines,
      { bench: "peer-machine", load_average_before: rounded(load_before), load_average_after: rounded(loadavg()) },
    ]
  } finally {
    removeFolder(folder)
  }
}

type Turn<T extends (...given: never[]) => Promise<unknown>> = Awaited<ReturnType<T>>
type Weight = { bytes: number; values: number }

/** As fast as it goes, and killed, in turns. */
async function roughly(mine: string, yours: string, killed_id: number) {
  const flat = { mingmai: [] as load.Flat[], lines: [] as load.Flat[], "victoria-metrics": [] as load.Flat[] }
  const kills = { mingmai: noKills(), "victoria-metrics": noKills(), flushed: noKills() }
  const [kill_from, n] = [Date.now() - 20 * minute_ms, { ours: 0, theirs: 0 }]
  for (let turn = 0; turn < size.turns; turn++) {
    // Not before the last turn's times, and never in the future however fast it goes.
    const from = Date.now() - (55 - 15 * turn) * minute_ms
    const ours = await load.flatOutOurs(mine, from)
    flat.mingmai.push(ours.mqtt)
    if (ours.lines) flat.lines.push(ours.lines)
    flat["victoria-metrics"].push(await load.flatOutTheirs(yours, from))
    const count = size.kills_a_turn
    n.ours = await killOurs(mine, kill_from, n.ours, count, kills.mingmai, killed_id)
    n.theirs = await killTheirs(yours, kill_from, n.theirs, count, kills["victoria-metrics"], false)
    n.theirs = await killTheirs(yours, kill_from, n.theirs, count, kills.flushed, true)
  }
  return { flat, kills }
}

export async function fillTheirs(folder: string, end: number): Promise<Weight> {
  const theirs = await startTheirs(folder, false)
  try {
    let values = 0
    for (const part of size.past(end)) {
      let lines = ""
      for (const { device, indicator, time, value } of part)
        lines += `m,device=${device} ${indicator}=${value} ${time}\n`
      await writeLines(theirs.url, lines)
      values += part.length
    }
    return { ...(await settledWeight(folder, theirs.url)), values }
  } finally {
    await theirs.stop()
  }
}

async function weighTheirs(folder: string): Promise<Weight> {
  const theirs = await startTheirs(folder, false)
  try {
    return await settledWeight(folder, theirs.url)
  } finally {
    await theirs.stop()
  }
}

async function settledWeight(folder: string, url: string): Promise<Weight> {
  await settleTheirs(url)
  const kb = execFileSync("du", ["-sk", "--apparent-size", join(folder, "victoria-metrics", "data")], {
    encoding: "utf8",
  })
  const [small, big] = [
    await metricTheirs(url, 'vm_rows{type="storage/small"}'),
    await metricTheirs(url, 'vm_rows{type="storage/big"}'),
  ]
  return { bytes: Number(kb.split("\t")[0]) * 1024, values: small + big }
}

type Engine = "mingmai" | "victoria-metrics"
type Measured = {
  past: Record<Engine, Weight>
  all: Record<Engine, Weight>
  even: Record<Engine, load.Even[]>
  lines: Record<Engine, load.Cost[]>
  rough: Awaited<ReturnType<typeof roughly>>
}

const bytesOf = ({ bytes, values }: Weight) => Number((bytes / values).toFixed(3))

function rows({ past, all, even, lines: same_lines, rough: { flat, kills } }: Measured): object[] {
  const engines = ["mingmai", "victoria-metrics"] as const
  const flat_over = `http, ${size.flat_out_lines_a_body} lines a body`
  const lines: object[] = []
  const figures = engines.map((engine) => {
    const steady = load.evenFigures(even[engine])
    const fast = load.flatFigures(flat[engine])
    const killed = killFigures(kills[engine])
    const over = engine === "mingmai" ? "mqtt, gateways of 100 values" : `http, ${size.lines_a_body} lines a body`
    lines.push(
      { bench: "peer-even", engine, over, points: size.points, ...steady, rules: rules[engine] },
      { bench: "peer-flat-out", engine, over: engine === "mingmai" ? over : flat_over, ...fast },
      {
        bench: "peer-disk",
        engine,
        bytes_per_value: bytesOf(past[engine]),
        values: past[engine].values,
        bytes_per_value_with_the_load: bytesOf(all[engine]),
        values_with_the_load: all[engine].values,
      },
      { bench: "peer-kill", engine, ...killed, durability: durability[engine] },
    )
    return {
      ...steady,
      cores_same_lines: same_lines[engine].length > 0 ? load.costFigures(same_lines[engine]).cores : null,
      // Ours by its faster door.
      values_per_s_flat_out:
        engine === "mingmai" && flat.lines.length > 0
          ? Math.max(fast.values_per_s, load.flatFigures(flat.lines).values_per_s)
          : fast.values_per_s,
      bytes_per_value: bytesOf(past[engine]),
      missing_pct: (100 * killed.missing) / Math.max(1, killed.acknowledged),
      start_after_kill_ms: killed.start_after_kill_ms,
    }
  })
  const over = `http, ${size.lines_a_body} lines a body`
  for (const engine of engines)
    if (same_lines[engine].length > 0)
      lines.push({
        bench: "peer-same-lines",
        engine,
        over,
        points: size.points,
        ...load.costFigures(same_lines[engine]),
      })
  if (flat.lines.length > 0)
    lines.push({ bench: "peer-flat-out", engine: "mingmai", over: flat_over, ...load.flatFigures(flat.lines) })
  lines.push({
    bench: "peer-kill",
    engine: "victoria-metrics",
    with: "acknowledged only when a force_flush has answered too",
    ...killFigures(kills.flushed),
  })
  const [ours, theirs] = figures as unknown as [Record<string, number>, Record<string, number>]
  for (const line of verdict(ours, theirs)) lines.push({ bench: "peer-verdict", ...line })
  return lines
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  for (const line of await run()) process.stdout.write(`${JSON.stringify(line)}\n`)
