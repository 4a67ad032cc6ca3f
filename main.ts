/**
 * Mingmai 命脉: the one process of a city (or of a province). Reads the settings, brings everything up, prints one
 * address, and takes everything down again. The pipeline itself is wired in wiring/stages.ts.
 */
import { enableCompileCache } from "node:module"
import v8 from "node:v8"

// Old objects are swept once there are a third more of them, not twice as many: a city's ledger stands in memory in
// several threads, and messages that wait for their commit would otherwise lie beside it for minutes.
v8.setFlagsFromString("--heap-growing-percent=30")

const [major = 0] = process.versions.node.split(".").map(Number)
if (major < 24) {
  console.error(
    `命脉需要 Node.js 24 以上，当前为 ${process.version}；请用 npm start 启动，或安装新版 Node.js / Mingmai needs Node.js 24 or later, this is ${process.version}; start it with npm start, or install a newer Node.js.`,
  )
  process.exit(1)
}
enableCompileCache()
// Commits, seals, files and password hashes share libuv's pool; four threads would let one wait for another.
process.env.UV_THREADPOOL_SIZE ??= "8"

const { readSettings } = await import("./settings.ts")
const { ProblemError } = await import("./model/index.ts")
const { say, startUpWords } = await import("./wiring/terminal.ts")

const read = readSettings({ argv: process.argv.slice(2), env: process.env })
if (!read.ok) {
  say(read.problem.title)
  process.exit(2)
}
const { settings } = read.value
const { start, startMember } = await import("./wiring/start.ts")

let stopping = false
/** Past this the process ends at once; its database ends with it, and what was acknowledged is on disk. */
const stop_ms_max = 4000

async function stop(code: number) {
  if (stopping) return
  stopping = true
  setTimeout(() => process.exit(code || 1), stop_ms_max).unref()
  try {
    // A start that is under way is waited for: what it has opened is then closed in order.
    await (await starting)?.close()
  } catch (error) {
    console.error(error)
    process.exit(1)
  }
  process.exit(code)
}
process.on("SIGINT", () => void stop(0))
process.on("SIGTERM", () => void stop(0))
process.on("uncaughtException", (error) => {
  console.error(error)
  void stop(1)
})

const open = settings.role === "store" || settings.role === "detector" ? startMember : start
const starting = open(settings, { say: (sentence) => console.log(sentence) }).catch((error: unknown) => {
  if (error instanceof ProblemError) say(error.problem.title)
  else console.error(error)
  process.exit(1)
})
const running = await starting
if (!stopping) console.log(startUpWords(running, settings))
