/** Builds the console into console/dist; npm runs it as `prepare`. */
import { fileURLToPath } from "node:url"
import { build } from "vite"

const started_ms = performance.now()
await build({ configFile: fileURLToPath(new URL("../console/vite.config.ts", import.meta.url)) })
console.log(`console built in ${((performance.now() - started_ms) / 1000).toFixed(1)} s`)
