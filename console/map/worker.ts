import { setWorkerUrl } from "maplibre-gl"
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url"

/** Vite does not find MapLibre's worker by itself; whoever makes a map imports this first. */
setWorkerUrl(workerUrl)
