/** Which part of the tree a file belongs to, and which parts a part may use: DESIGN's table, in one place. */

/** Stages in the order of the pipeline; a stage may use those before it. */
export const stage_order = [
  "census",
  "risk",
  "monitoring",
  "analysis",
  "warning",
  "response",
  "supervision",
  "federation",
]

const contract = "lifelines/contract.ts"

/** A part: a folder that is entered by its index.ts, or a single file that is one by itself. */
export function partOf(path: string): string {
  const [first = "", second, third] = path.split("/")
  if (path === contract) return contract
  if (first === "lifelines" || first === "platform" || first === "stages")
    return third === undefined ? path : `${first}/${second}`
  return second === undefined ? path : first
}

/** Tests, their tools and processes that only tests start; they may use what they test by any door. */
export const isTest = (path: string): boolean =>
  path.startsWith("test/") || /\.(test|conformance)\.tsx?$/.test(path) || /\/(testing|kill-child)\.ts$/.test(path)

/** Programs of their own at the edge, which start or drive the product; nothing imports them. */
const edges = ["main.ts", "scripts", "bench", "test", "docs"]
/** Configuration of tools. */
const isConfig = (path: string) => /(^|\/)(vite|vitest)\.config\.ts$/.test(path)
const isEdge = (part: string) => edges.includes(part) || isConfig(part)

/** A file of declared shapes: schemas and types that routes answer with, used on both sides of the door. */
const isViews = (path: string) => path.endsWith("/views.ts")

/** Doors into a folder beside its index.ts, each with its reason. */
export const side_doors: { door: RegExp; from?: RegExp; because: string }[] = [
  { door: /\/views\.ts$/, because: "shapes of answers: types and schemas only, used by routes and console" },
  {
    door: /^platform\/sql\/(scope|testing)\.ts$/,
    because: "scope is SQL for store.ts files; testing is for tests only",
  },
  {
    door: /^platform\/http\/(console|live|openapi)\.ts$/,
    from: /^wiring\//,
    because: "pages, live updates and the API's description are put up once, by the wiring",
  },
  {
    door: /^platform\/access\/(routes|store)\.ts$/,
    from: /^wiring\//,
    because: "the wiring puts up the routes of access and writes the audit trail",
  },
  {
    door: /^model\//,
    from: /^(lifelines\/contract\.ts|console\/)/,
    because: "the contract names each noun's own file; the console bundles only the nouns it shows",
  },
  {
    door: /^test\/(city|deployment|faults\/index)\.ts$/,
    from: /^(scripts|bench)\//,
    because: "a city for tests, one of several processes, and the runs that break one are started by commands too",
  },
  {
    door: /^test\/(processes|e2e\/[a-z]+)\.ts$/,
    from: /^scripts\/screenshots\.ts$/,
    because: "the pictures of the README are taken as the browser tests see the city",
  },
  {
    door: /^(scripts\/(instance|scada|deliver)|sim\/(town|survey)\/index)\.ts$/,
    from: /^bench\//,
    because: "measurements use the commands' tools and the invented town by itself",
  },
  {
    door: /^sim\/survey\/index\.ts$/,
    from: /^(scripts\/|test\/)/,
    because: "invented deliveries are written by commands, without the invented town",
  },
  {
    door: /^lifelines\/[^/]+\/score\.ts$/,
    from: /^scripts\//,
    because: "what scores a lifeline on public data is no part of the running lifeline",
  },
  {
    door: /^wiring\//,
    from: /^(main\.ts|sim\/|scripts\/|bench\/)/,
    because: "the wiring is main.ts in several files and has no face of its own",
  },
  {
    door: /^console\/kit\//,
    from: /^lifelines\/[^/]+\/panel\.tsx$/,
    because: "a lifeline's own panel is drawn with the console's kit",
  },
]

/** Folders that use each other in both directions, each with its reason; single files still may not. */
export const allowed_cycles: { parts: [string, string]; because: string }[] = [
  {
    parts: ["sim", "wiring"],
    because: "the wiring starts the demo city, and the demo city is imported as any city is",
  },
  { parts: ["settings.ts", "platform/app.ts"], because: "app.ts names the type of the settings only" },
]

/** Where the clock, chance, timers and the environment may be used (CONTRACTS §10), and main.ts that starts the process. */
export const worldly = (path: string): boolean =>
  isTest(path) || /^(platform|console|bench|scripts|docs)\//.test(path) || path === "settings.ts" || path === "main.ts"

/** Where SQL may be written (CONTRACTS §10). */
export const speaksSql = (path: string): boolean =>
  isTest(path) ||
  path.endsWith("/store.ts") ||
  /^platform\/(sql|series)\//.test(path) ||
  /^(bench|scripts)\//.test(path)

/** Where a lifeline may be named outside lifelines/. */
export const namesLifelines = (path: string): boolean =>
  isTest(path) || /^(sim|scripts|bench|docs|lifelines)\//.test(path)

/** Words that are a lifeline's id and something else too, each with its reason; `what` is the place it may stand in. */
export const other_meanings: { path: RegExp; word: string; what: "text" | "key" | "any"; because: string }[] = [
  { path: /^console\/map\/base-layers\.ts$/, word: "water", what: "text", because: "rivers and lakes of the base map" },
  {
    path: /^stages\/census\/base-map\/layers\.ts$/,
    word: "water",
    what: "text",
    because: "rivers and lakes of the base map",
  },
  {
    path: /^console\/kit\/icon\.tsx$/,
    word: "*",
    what: "any",
    because: "names of drawings, from which lifelines choose by `symbol`",
  },
]

/** Whether a part may use another one at all, by any door; `to_path` matters where single files are open. */
export function mayUse(from: string, to: string, to_path: string, type_only: boolean): boolean {
  if (from === to || isEdge(from)) return true
  if (isEdge(to)) return false
  const [layer] = from.split("/")
  const [target, name] = to.split("/")
  if (from === "model") return false
  if (from === contract) return to === "model"
  switch (layer) {
    case "science":
      return to === "model"
    case "lifelines":
      return to === "model" || to === "science" || to === contract || to_path.startsWith("console/kit/")
    case "settings.ts":
      return to === "model" || to === "platform/settings"
    case "platform":
      return to === "model" || to === contract || target === "platform" || (to === "settings.ts" && type_only)
    case "stages": {
      if (to === "model" || to === "science" || to === contract || target === "platform") return true
      if (to === "settings.ts") return type_only
      return target === "stages" && stage_order.indexOf(name ?? "") < stage_order.indexOf(from.split("/")[1] ?? "")
    }
    case "console":
      return to === "model" || to === contract || isViews(to_path) || /^lifelines\/[^/]+\/panel\.tsx$/.test(to_path)
    case "sim":
      return target !== "console"
    case "wiring":
      return target !== "console"
    default:
      return false
  }
}

/** Files that nothing needs to import: programs, tests, what is found by its place in the tree. */
export const isEntry = (path: string): boolean =>
  /^[^/]+\.(ts|tsx)$/.test(path) ||
  /^(scripts|bench)\/[^/]+\.ts$/.test(path) ||
  path.startsWith("docs/") ||
  /\.test\.tsx?$/.test(path) ||
  /^lifelines\/[^/]+\/(index\.ts|panel\.tsx)$/.test(path) ||
  /^console\/(main\.tsx|vite\.config\.ts)$/.test(path)

/** Most names in a path, the file's included; a stage's screen of several files lies one deeper. */
export const depthMax = (path: string): number => (path.startsWith("console/screens/") ? 5 : 4)
export const file_lines_guide = 400
export const function_lines_guide = 60
