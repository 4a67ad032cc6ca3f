/**
 * `npm test`: types, format, lint and every suite. `npm test -- stages/risk` runs the suites whose path contains the
 * words, without the checks; `--all` fails when a test did not run. What did not run is listed with its reason.
 */
import { spawn } from "node:child_process"
import { delimiter, join, relative, resolve } from "node:path"
import { startVitest } from "vitest/node"

type Test = { module: string; name: string; state: string; reason: string | null }

const root = resolve(import.meta.dirname, "..")
const bin = join(root, "node_modules", ".bin")
const words = process.argv.slice(2)
const unknown = words.filter((word) => word.startsWith("--") && word !== "--all")
if (unknown.length > 0) {
  console.error(`Unknown flag ${unknown.join(" ")}; npm test knows --all and words of suites' paths.`)
  process.exit(2)
}
const all = words.includes("--all")
const filters = words.filter((word) => !word.startsWith("--"))

/** Checks without a running program; each is one command whose exit code says whether it holds. */
const checks: [name: string, command: string, ...args: string[]][] = [
  ["types", "tsc", "--noEmit"],
  ["types of the console", "tsc", "--noEmit", "-p", "console/tsconfig.json"],
  ["format and lint (biome)", "biome", "check", ".", "--max-diagnostics=20", "--error-on-warnings"],
  ["lint (oxlint)", "oxlint", "-D", "correctness", "."],
]

const seconds_since = (start: number) => `${((Date.now() - start) / 1000).toFixed(1)} s`

/** Runs one check; its output is shown only where it fails. */
async function check([name, command, ...args]: (typeof checks)[number]): Promise<boolean> {
  const start = Date.now()
  const child = spawn(join(bin, command), args, {
    cwd: root,
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
    stdio: ["ignore", "pipe", "pipe"],
  })
  const output: Buffer[] = []
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk))
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk))
  const code = await new Promise<number | null>((done) => {
    child.once("error", (error) => {
      output.push(Buffer.from(`${error.message}\n`))
      done(null)
    })
    child.once("close", done)
  })
  console.log(`${code === 0 ? "✓" : "✗"} ${name} ${seconds_since(start)}`)
  if (code !== 0) process.stdout.write(Buffer.concat(output))
  return code === 0
}

/** Runs the suites; what they said comes back flat. `broken` names suites that could not run, and stray errors. */
async function suites(): Promise<{ tests: Test[]; broken: string[] }> {
  const vitest = await startVitest("test", filters, { root, run: true, watch: false })
  const modules = vitest.state.getTestModules()
  const broken = modules
    .filter((module) => module.errors().length > 0)
    .map((module) => `${relative(root, module.moduleId)}: ${module.errors()[0]?.message ?? ""}`)
  broken.push(...vitest.state.getUnhandledErrors().map((error) => `stray error: ${(error as Error)?.message ?? error}`))
  const tests = modules.flatMap((module) => {
    for (const suite of module.children.allSuites())
      for (const error of suite.errors())
        broken.push(`${relative(root, module.moduleId)} > ${suite.fullName}: ${error.message}`)
    return [...module.children.allTests()].map((test): Test => {
      const result = test.result()
      const reason = "note" in result && typeof result.note === "string" ? result.note : null
      return { module: relative(root, module.moduleId), name: test.fullName, state: result.state, reason }
    })
  })
  await vitest.close()
  return { tests, broken }
}

const started = Date.now()
const failed_checks: string[] = []
if (filters.length === 0) for (const one of checks) if (!(await check(one))) failed_checks.push(one[0])

const { tests, broken } = await suites()
const passed = tests.filter((test) => test.state === "passed")
const failed = tests.filter((test) => test.state === "failed")
// A test without a result was never reached; it counts as one that did not run.
const skipped = tests.filter((test) => test.state !== "passed" && test.state !== "failed")

if (skipped.length > 0) {
  console.log(`\n${skipped.length} did not run:`)
  for (const test of skipped) console.log(`  ${test.module} > ${test.name}${test.reason ? ` (${test.reason})` : ""}`)
}
for (const line of broken) console.log(`✗ ${line}`)
for (const name of failed_checks) console.log(`✗ ${name} failed, see above`)
if (tests.length === 0) console.log("✗ no test was found")
if (all && skipped.length > 0) console.log("✗ --all was asked for, and some tests did not run")
console.log(`\nTook ${seconds_since(started)}`)
console.log(`${passed.length} passed, ${failed.length} failed, ${skipped.length} skipped`)

const wrong =
  failed.length > 0 ||
  broken.length > 0 ||
  failed_checks.length > 0 ||
  tests.length === 0 ||
  (all && skipped.length > 0)
// Sockets and workers of a suite that broke must not keep the run from ending.
process.exit(wrong ? 1 : 0)
