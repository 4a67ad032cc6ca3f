/** VictoriaMetrics with vmalert, as Debian packages them, started for measurements and ended. */
import { type ChildProcess, spawn } from "node:child_process"
import { accessSync, closeSync, constants, openSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:http"
import { delimiter, join } from "node:path"
import { freePort, pause } from "./instance.ts"
import lifeline from "./peer-lifeline/index.ts"

export type Firing = { device: string; at: number }
export type Theirs = {
  url: string
  pids: number[]
  /** What vmalert told its notifier, each device once; the time is when the notifier heard it. */
  fired: Firing[]
  stop(): Promise<void>
  /** SIGKILL at once, to the database alone where vmalert does not run. */
  kill(): Promise<void>
}

/** Full paths of the two programs. Throws with what to install. */
export function findTheirs(): { database: string; alert: string } {
  const find = (name: string) =>
    (process.env.PATH ?? "")
      .split(delimiter)
      .concat("/usr/bin", "/usr/local/bin")
      .map((folder) => join(folder, name))
      .find((path) => {
        try {
          accessSync(path, constants.X_OK)
          return true
        } catch {
          return false // It is not in this folder; the next one may have it.
        }
      })
  const [database, alert] = [find("victoria-metrics"), find("vmalert")]
  if (!database || !alert)
    throw new Error(`${database ? "vmalert" : "victoria-metrics"} is not here; apt-get install victoria-metrics`)
  return { database, alert }
}

/** One rule a kind of point, as ours: the same limit, no waiting. */
function rules(): string {
  const groups = lifeline.thresholds.map(
    ({ id, indicator, levels }) => `
      - alert: ${id}
        expr: ${indicator} > ${levels[0]!.limit}`,
  )
  return `groups:
  - name: peer
    interval: 1s
    rules:${groups.join("")}
`
}

/**
 * Starts the database on a folder, and vmalert beside it where `with_alerts`. Set for speed as far as their flags go:
 * no latency offset (30 s by default), evaluation each second, look-back of 5 s (5 min by default) so that a rule reads
 * five values of a point instead of three hundred. Alert state is kept in the database, as ours is.
 */
export async function startTheirs(folder: string, with_alerts: boolean): Promise<Theirs> {
  const { database, alert } = findTheirs()
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const children: ChildProcess[] = []
  const begin = (program: string, flags: string[]) => {
    // Into a file: vmalert takes it for an error that it is ended in the middle of an evaluation.
    const log = openSync(join(folder, "log.txt"), "a")
    const child = spawn(program, [...flags, "-loggerLevel=ERROR"], { stdio: ["ignore", log, log] })
    closeSync(log)
    children.push(child)
    return child
  }
  const end = (signal: NodeJS.Signals) =>
    Promise.all(
      children.map((child) => {
        if (child.exitCode !== null || child.signalCode !== null) return undefined
        const ended = new Promise<void>((done) => child.once("exit", () => done()))
        child.kill(signal)
        return ended
      }),
    )
  begin(database, [
    `-storageDataPath=${join(folder, "victoria-metrics")}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    "-retentionPeriod=2y",
    "-search.latencyOffset=0s",
    "-influxSkipMeasurement",
  ])
  await healthy(url, children[0]!, folder)
  const notifier = with_alerts ? await notified() : null
  if (notifier) {
    const alert_port = await freePort()
    const file = join(folder, "rules.yml")
    writeFileSync(file, rules())
    begin(alert, [
      `-rule=${file}`,
      `-datasource.url=${url}`,
      `-remoteWrite.url=${url}`,
      `-remoteRead.url=${url}`,
      `-notifier.url=${notifier.url}`,
      `-httpListenAddr=127.0.0.1:${alert_port}`,
      "-evaluationInterval=1s",
      "-datasource.queryStep=5s",
      "-datasource.queryTimeAlignment=false",
    ])
    await healthy(`http://127.0.0.1:${alert_port}`, children[1]!, folder)
  }
  return {
    url,
    pids: children.map((child) => child.pid!),
    fired: notifier?.fired ?? [],
    async stop() {
      // vmalert first, as it writes into the database.
      for (const child of children.toReversed()) {
        if (child.exitCode !== null) continue
        const ended = new Promise<void>((done) => child.once("exit", () => done()))
        child.kill("SIGTERM")
        await ended
      }
      notifier?.close()
    },
    async kill() {
      await end("SIGKILL")
      notifier?.close()
    },
  }
}

async function healthy(url: string, child: ChildProcess, folder: string): Promise<void> {
  for (let i = 0; i < 1500; i++) {
    const answer = await fetch(`${url}/health`).catch(() => null)
    await answer?.arrayBuffer()
    if (answer?.ok) return
    if (child.exitCode !== null) {
      const log = readFileSync(join(folder, "log.txt"), "utf8").slice(-500)
      throw new Error(`${child.spawnfile} ended with code ${child.exitCode}: ${log}`)
    }
    await pause(20)
  }
  child.kill("SIGKILL")
  throw new Error(`${child.spawnfile} did not answer within 30 s.`)
}

/** A notifier as Alertmanager is one: it hears at once what vmalert fires. */
async function notified(): Promise<{ url: string; fired: Firing[]; close(): void }> {
  const fired: Firing[] = []
  const known = new Set<string>()
  const server = createServer((request, response) => {
    const at = Date.now()
    const parts: Buffer[] = []
    request.on("data", (part: Buffer) => parts.push(part))
    request.on("end", () => {
      const body = Buffer.concat(parts).toString("utf8")
      const alerts = body === "" ? [] : (JSON.parse(body) as { labels: { device?: string } }[])
      for (const { labels } of alerts) {
        const { device } = labels
        if (device === undefined || known.has(device)) continue
        known.add(device)
        fired.push({ device, at })
      }
      response.end()
    })
  })
  const port = await freePort()
  await new Promise<void>((done) => server.listen(port, "127.0.0.1", () => done()))
  const close = () => {
    server.close()
    server.closeAllConnections()
  }
  return { url: `http://127.0.0.1:${port}`, fired, close }
}

/** Writes lines and returns when they are acknowledged. */
export async function writeLines(url: string, lines: string): Promise<void> {
  const answer = await fetch(`${url}/write?precision=ms`, { method: "POST", body: lines })
  await answer.arrayBuffer()
  if (answer.status !== 204) throw new Error(`VictoriaMetrics answered ${answer.status} to lines.`)
}

/** Makes what was written visible and merges its parts into few, as their manual advises for least disk; then waits. */
export async function settleTheirs(url: string): Promise<void> {
  for (const path of ["/internal/force_flush", "/internal/force_merge"]) {
    const answer = await fetch(`${url}${path}`)
    await answer.arrayBuffer()
    if (!answer.ok) throw new Error(`VictoriaMetrics answered ${answer.status} to ${path}.`)
    // The merge goes on after the answer; what is only in memory yet reaches the disk within five seconds.
    await pause(path === "/internal/force_flush" ? 6000 : 500)
  }
  for (let i = 0; i < 300 && (await metricTheirs(url, "vm_active_force_merges")) > 0; i++) await pause(100)
}

/** Answers a query of Prometheus' kind; the result rows. */
export async function askTheirs(url: string, path: string, params: Record<string, string>): Promise<unknown[]> {
  const answer = await fetch(`${url}${path}?${new URLSearchParams(params)}`)
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${(await answer.text()).slice(0, 200)}`)
  return ((await answer.json()) as { data: { result: unknown[] } }).data.result
}

/** Numbers that the database says of itself, summed over their labels. */
export async function metricTheirs(url: string, name: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text()
  let sum = 0
  for (const line of text.split("\n")) {
    if (!line.startsWith(`${name}{`) && !line.startsWith(`${name} `)) continue
    sum += Number(line.slice(line.lastIndexOf(" ") + 1))
  }
  return sum
}
