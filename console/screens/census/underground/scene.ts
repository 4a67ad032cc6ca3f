/** The drawing of what lies underground: made when the screen opens, drawn when something changed, freed when it closes. */
import {
  BufferAttribute,
  BufferGeometry,
  Color,
  CylinderGeometry,
  DirectionalLight,
  Group,
  HemisphereLight,
  type InstancedMesh,
  Line,
  LineBasicMaterial,
  type Material,
  Mesh,
  MeshBasicMaterial,
  type Object3D,
  PerspectiveCamera,
  Plane,
  Scene,
  Texture,
  Vector3,
  WebGLRenderer,
} from "three"
import { MapControls } from "three/addons/controls/MapControls.js"
import type { Tokens } from "../../../theme/index.ts"
import { type Buried, buriedOf, piecesOf, type UndergroundView } from "./buried.ts"
import { heightOn, type Point3 } from "./geometry.ts"
import { noPit, pitOf, type Sheet, sheetOf } from "./ground.ts"
import { type Hit, hitBy } from "./hit.ts"
import { laid, solidsOf } from "./solids.ts"
import type { Clip, Dig, Look } from "./view.ts"

export type Shown = {
  tokens: Tokens
  hidden: ReadonlySet<string>
  clip: Clip
  dig: Dig
  opacity: number
  /** Assets in ink: the selected one and those that are measured. */
  chosen: readonly number[]
  /** Ends of the measured distance. */
  measured: readonly [Point3, Point3] | null
}
export type Drawing = {
  /** New data; the camera stays over the same place on earth. */
  load(view: UndergroundView): Buried
  show(shown: Shown): void
  look(): Look
  lookAt(look: Look): void
  /** What lies under a place of the canvas, in its pixels. */
  pick(x: number, y: number): Hit | null
  /** Where the pit follows the pointer to; null leaves it. */
  point(x: number, y: number): void
  /** Where a place is on the canvas, in its pixels; null behind the camera. */
  project(at: Point3): [number, number] | null
  drape: Sheet["drape"]
  move(east: number, north: number): void
  turn(azimuth: number, polar: number): void
  zoom(times: number): void
  free(): void
}

const field_of_view = 42
/** Above the largest box, m. */
const far_m = 8_000

/** Throws where the browser has no WebGL 2. `drew` is called after each drawing, `moved` when the camera came to rest. */
export function makeDrawing(canvas: HTMLCanvasElement, hear: { drew(): void; moved(): void; lost(): void }): Drawing {
  const renderer = new WebGLRenderer({ canvas, antialias: true, powerPreference: "high-performance" })
  renderer.setPixelRatio(Math.min(2, devicePixelRatio))
  const scene = new Scene()
  const camera = new PerspectiveCamera(field_of_view, 1, 0.2, far_m)
  camera.up.set(0, 0, 1)
  const sun = new DirectionalLight("#ffffff", 1.7)
  sun.position.set(0.5, -0.6, 1)
  scene.add(new HemisphereLight("#ffffff", "#b9b4aa", 2.5), sun)
  const controls = new MapControls(camera, canvas)
  controls.enableDamping = false
  controls.zoomToCursor = true
  controls.minDistance = 2
  controls.maxDistance = 5_000
  controls.maxPolarAngle = (170 / 180) * Math.PI

  const pit = noPit()
  const work = new Group()
  scene.add(work)
  let shown: Shown | null = null
  let buried: Buried | null = null
  let sheet: Sheet | null = null
  let dug: ReturnType<typeof pitOf> | null = null
  let solids: { group: Group; drawn: number; pipes: number } | null = null
  let built = { tokens: null as Tokens | null, hidden: null as ReadonlySet<string> | null }
  let dig_at: [number, number] | null = null
  let paint: Parameters<Sheet["drape"]>[0] | null = null
  let waiting = 0
  let resting = 0

  const draw = () => {
    waiting = 0
    renderer.render(scene, camera)
    canvas.dataset.frames = String(renderer.info.render.frame)
    hear.drew()
  }
  const again = () => {
    if (waiting === 0) waiting = requestAnimationFrame(draw)
  }
  controls.addEventListener("change", () => {
    again()
    clearTimeout(resting)
    resting = window.setTimeout(hear.moved, 300)
  })
  const lost = (event: Event) => {
    event.preventDefault()
    hear.lost()
  }
  canvas.addEventListener("webglcontextlost", lost)
  const observer = new ResizeObserver(() => {
    const box = canvas.parentElement
    if (!box || box.clientWidth === 0) return
    renderer.setSize(box.clientWidth, box.clientHeight)
    camera.aspect = box.clientWidth / box.clientHeight
    camera.updateProjectionMatrix()
    again()
  })
  observer.observe(canvas.parentElement!)

  /** Degrees of a place of the drawing. */
  const degrees = (x: number, y: number): [number, number] => {
    const { origin, metres_per_degree } = buried!.view
    return [origin[0] + x / metres_per_degree[0], origin[1] + y / metres_per_degree[1]]
  }
  const look = (): Look => {
    const away = new Vector3().subVectors(camera.position, controls.target)
    const [lon, lat] = buried ? degrees(controls.target.x, controls.target.y) : [0, 0]
    const distance_m = away.length()
    const polar = Math.acos(Math.min(1, Math.max(-1, away.z / Math.max(distance_m, 1e-6))))
    return {
      lon,
      lat,
      distance_m,
      azimuth_deg: (Math.atan2(-away.x, -away.y) * 180) / Math.PI,
      polar_deg: (polar * 180) / Math.PI,
    }
  }
  const place = (target: Vector3, { distance_m, azimuth_deg, polar_deg }: Omit<Look, "lon" | "lat">) => {
    const [azimuth, polar] = [(azimuth_deg * Math.PI) / 180, (Math.max(0.05, polar_deg) * Math.PI) / 180]
    controls.target.copy(target)
    camera.position.set(
      target.x - Math.sin(azimuth) * Math.sin(polar) * distance_m,
      target.y - Math.cos(azimuth) * Math.sin(polar) * distance_m,
      target.z + Math.cos(polar) * distance_m,
    )
    controls.update()
    again()
  }
  const lookAt = (to: Look) => {
    if (!buried) return
    const { origin, metres_per_degree } = buried.view
    place(new Vector3((to.lon - origin[0]) * metres_per_degree[0], (to.lat - origin[1]) * metres_per_degree[1], -1), to)
  }

  function rebuild() {
    if (!buried || !shown) return
    if (built.tokens !== shown.tokens || built.hidden !== shown.hidden) {
      if (solids) freed(solids.group)
      solids = solidsOf(buried, shown.tokens, shown.hidden)
      scene.add(solids.group)
      canvas.dataset.pipes = String(solids.pipes)
      canvas.dataset.drawn = String(solids.drawn)
    }
    if (built.tokens !== shown.tokens) {
      if (sheet) freed(sheet.group)
      if (dug) freed(dug.group)
      sheet = sheetOf(buried.view, buried.base, shown.tokens, pit)
      dug = pitOf(shown.tokens)
      scene.add(sheet.group, dug.group)
      if (paint) sheet.drape(paint)
      scene.background = new Color(shown.tokens.bg_app)
    }
    built = { tokens: shown.tokens, hidden: shown.hidden }
    const digs = shown.dig.shape !== "none"
    sheet!.look(digs ? Math.max(0.96, shown.opacity) : shown.opacity, shown.dig)
    digHere()
    clipHere()
    freed(work, false)
    inInk()
    again()
  }
  function digHere() {
    if (!dug || !shown || !buried) return
    const [x, y] = dig_at ?? [controls.target.x, controls.target.y]
    dug.place(shown.dig, x, y, heightOn(buried.view.ground, buried.view.half, x, y) - buried.base, pit)
  }
  function clipHere() {
    const { axis, share } = shown!.clip
    canvas.dataset.clip = axis === "none" ? "" : `${axis} ${share}`
    const [half_x, half_y] = buried!.view.half
    const across = 2 * share - 1
    // What lies before the plane, as seen from the south, the west or above, is taken away.
    renderer.clippingPlanes =
      axis === "none"
        ? []
        : axis === "east"
          ? [new Plane(new Vector3(1, 0, 0), -across * half_x)]
          : axis === "north"
            ? [new Plane(new Vector3(0, 1, 0), -across * half_y)]
            : [new Plane(new Vector3(0, 0, -1), 1 - share * clip_depth_m)]
  }
  function inInk() {
    const { chosen, measured, tokens } = shown!
    const ink = new MeshBasicMaterial({ color: tokens.ink })
    for (const id of chosen)
      for (const { from, to, half_width, half_height } of bodiesOf(buried!, id)) {
        const body = new Mesh(new CylinderGeometry(0.5, 0.5, 1, 18, 1), ink)
        body.matrixAutoUpdate = false
        body.matrix.copy(laid(from, to, 2 * half_width + 0.06, 2 * half_height + 0.06))
        work.add(body)
      }
    if (!measured) return
    const [a, b] = measured
    const corner: Point3 = [b[0], b[1], a[2]]
    const geometry = new BufferGeometry()
    geometry.setAttribute("position", new BufferAttribute(Float32Array.from([...a, ...corner, ...b]), 3))
    const line = new Line(geometry, new LineBasicMaterial({ color: tokens.ink, depthTest: false }))
    line.renderOrder = 5
    work.add(line)
  }

  return {
    load(view) {
      const before = buried ? { ...look(), z: controls.target.z + buried.base } : null
      buried = buriedOf(view)
      built = { tokens: null, hidden: null }
      dig_at = null
      paint = null
      if (before) {
        lookAt(before)
        const dz = before.z - buried.base - controls.target.z
        controls.target.z += dz
        camera.position.z += dz
        controls.update()
      }
      rebuild()
      return buried
    },
    show(next) {
      shown = next
      rebuild()
    },
    look,
    lookAt,
    pick(x, y) {
      if (!buried || !shown) return null
      const ray = rayAt(canvas, camera, x, y)
      return hitBy(buried, ray, shown.hidden, (at) =>
        renderer.clippingPlanes.every((plane) => plane.distanceToPoint(new Vector3(...at)) >= 0),
      )
    },
    point(x, y) {
      if (!buried || !shown || (shown.dig.shape !== "circle" && shown.dig.shape !== "box")) return
      const { from, to } = rayAt(canvas, camera, x, y)
      // The ground is nearly flat: twice towards its height at the last place finds it.
      let at: [number, number] = dig_at ?? [controls.target.x, controls.target.y]
      for (let step = 0; step < 3; step++) {
        const z = heightOn(buried.view.ground, buried.view.half, ...at) - buried.base
        const share = (z - from[2]) / (to[2] - from[2])
        if (!(share > 0 && share < 1)) return
        at = [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share]
      }
      dig_at = at
      digHere()
      again()
    },
    project(at) {
      const v = new Vector3(...at).project(camera)
      if (v.z > 1) return null
      return [((v.x + 1) / 2) * canvas.clientWidth, ((1 - v.y) / 2) * canvas.clientHeight]
    },
    drape(next) {
      paint = next
      sheet?.drape(next)
      again()
    },
    move(east, north) {
      const { azimuth_deg, distance_m } = look()
      const a = (azimuth_deg * Math.PI) / 180
      const step = distance_m * 0.12
      const d = new Vector3(
        (Math.cos(a) * east + Math.sin(a) * north) * step,
        (-Math.sin(a) * east + Math.cos(a) * north) * step,
        0,
      )
      controls.target.add(d)
      camera.position.add(d)
      controls.update()
    },
    turn(azimuth, polar) {
      const now = look()
      place(controls.target.clone(), {
        ...now,
        azimuth_deg: now.azimuth_deg + azimuth,
        polar_deg: Math.min(169, Math.max(0, now.polar_deg + polar)),
      })
    },
    zoom(times) {
      const now = look()
      place(controls.target.clone(), { ...now, distance_m: Math.min(5_000, Math.max(2, now.distance_m * times)) })
    },
    free() {
      cancelAnimationFrame(waiting)
      clearTimeout(resting)
      observer.disconnect()
      canvas.removeEventListener("webglcontextlost", lost)
      controls.dispose()
      freed(scene)
      renderer.dispose()
      renderer.forceContextLoss()
    },
  }
}

/** The horizontal clip reaches from just above the ground down to here, m. */
const clip_depth_m = 12

function rayAt(canvas: HTMLCanvasElement, camera: PerspectiveCamera, x: number, y: number) {
  const at = new Vector3((x / canvas.clientWidth) * 2 - 1, 1 - (y / canvas.clientHeight) * 2, 1).unproject(camera)
  const from = camera.position
  const pixel = (2 * Math.tan((camera.fov * Math.PI) / 360)) / canvas.clientHeight
  return {
    from: [from.x, from.y, from.z] as Point3,
    to: [at.x, at.y, at.z] as Point3,
    /** Metres of a pixel at a metre's distance. */
    pixel,
  }
}

/** Pieces of an asset, or the shaft of a well. */
function bodiesOf(buried: Buried, id: number) {
  const { wells, joints } = buried.view
  const well = wells.id.indexOf(id)
  if (well >= 0) {
    const [x, y, half] = [wells.x[well]!, wells.y[well]!, wells.diameter[well]! / 2]
    return [
      {
        from: [x, y, wells.bottom[well]! - buried.base] as Point3,
        to: [x, y, wells.ground[well]! - buried.base + 0.08] as Point3,
        half_width: half,
        half_height: half,
      },
    ]
  }
  const joint = joints.id.indexOf(id)
  if (joint >= 0) {
    const [x, y, z] = [joints.x[joint]!, joints.y[joint]!, joints.z[joint]! - buried.base]
    const half = Math.max(0.12, joints.size[joint]!) * 0.7
    return [{ from: [x, y, z - half] as Point3, to: [x, y, z + half] as Point3, half_width: half, half_height: half }]
  }
  return piecesOf(buried, id)
}

/** Gives the memory of everything below back to the graphics card; the group itself leaves its parent. */
function freed(group: Object3D, leave = true): void {
  group.traverse((object) => {
    const { geometry, material } = object as Mesh
    geometry?.dispose()
    for (const one of [material].flat() as (Material | undefined)[]) {
      if (!one) continue
      for (const value of Object.values(one)) if (value instanceof Texture) value.dispose()
      one.dispose()
    }
    if ((object as InstancedMesh).isInstancedMesh) (object as InstancedMesh).dispose()
  })
  if (leave) group.removeFromParent()
  else group.clear()
}
