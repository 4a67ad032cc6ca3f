/** The ground as a sheet with the city's streets on it, and the pit that is dug through it. */
import {
  BackSide,
  BoxGeometry,
  BufferAttribute,
  BufferGeometry,
  CanvasTexture,
  CircleGeometry,
  CylinderGeometry,
  DoubleSide,
  Group,
  Line,
  LineBasicMaterial,
  Mesh,
  MeshBasicMaterial,
  PlaneGeometry,
  SRGBColorSpace,
  Vector4,
} from "three"
import type { Tokens } from "../../../theme/index.ts"
import type { UndergroundView } from "./buried.ts"
import type { Dig } from "./view.ts"

/** Where the pit is: x, y, half its width, and 1 for a circle, 2 for a box, 0 for none. Shared by the shaders. */
export type Pit = { value: Vector4 }
export const noPit = (): Pit => ({ value: new Vector4(0, 0, 0, 0) })

const texture_px = 2048

export type Sheet = {
  group: Group
  /** Streets and houses of the box drawn by `paint` in pixels of `scale` per metre; north is up. */
  drape(paint: (ctx: CanvasRenderingContext2D, scale: number, size: [number, number]) => void): void
  look(opacity: number, dig: Dig): void
}

export function sheetOf(view: UndergroundView, base: number, tokens: Tokens, pit: Pit): Sheet {
  const { ground, half } = view
  const geometry = new BufferGeometry()
  const position = new Float32Array(ground.z.length * 3)
  const uv = new Float32Array(ground.z.length * 2)
  const index: number[] = []
  for (let row = 0; row < ground.rows; row++)
    for (let column = 0; column < ground.columns; column++) {
      const i = row * ground.columns + column
      const [u, v] = [column / (ground.columns - 1), row / (ground.rows - 1)]
      position.set([half[0] * (2 * u - 1), half[1] * (2 * v - 1), ground.z[i]! - base], i * 3)
      uv.set([u, v], i * 2)
      if (row > 0 && column > 0) {
        const [a, b, c] = [i - ground.columns - 1, i - ground.columns, i - 1]
        index.push(a, b, i, a, i, c)
      }
    }
  geometry.setAttribute("position", new BufferAttribute(position, 3))
  geometry.setAttribute("uv", new BufferAttribute(uv, 2))
  geometry.setIndex(index)
  const material = new MeshBasicMaterial({ color: tokens.m_land, transparent: true, side: DoubleSide })
  material.onBeforeCompile = (shader) => {
    shader.uniforms.pit = pit
    shader.vertexShader = shader.vertexShader.replace(
      "void main() {",
      "varying vec2 there;\nvoid main() {\nthere = position.xy;",
    )
    shader.fragmentShader = shader.fragmentShader
      .replace("void main() {", "varying vec2 there;\nuniform vec4 pit;\nvoid main() {")
      .replace(
        "#include <clipping_planes_fragment>",
        `#include <clipping_planes_fragment>
        vec2 away = there - pit.xy;
        if (pit.w > 1.5 && max(abs(away.x), abs(away.y)) < pit.z) discard;
        if (pit.w > 0.5 && pit.w < 1.5 && length(away) < pit.z) discard;`,
      )
  }
  const mesh = new Mesh(geometry, material)
  mesh.renderOrder = 2
  const group = new Group()
  group.add(mesh)
  return {
    group,
    drape(paint) {
      const scale = texture_px / Math.max(2 * half[0], 2 * half[1])
      const canvas = document.createElement("canvas")
      canvas.width = Math.max(1, Math.round(2 * half[0] * scale))
      canvas.height = Math.max(1, Math.round(2 * half[1] * scale))
      const ctx = canvas.getContext("2d")
      if (!ctx) return
      paint(ctx, scale, [canvas.width, canvas.height])
      const texture = new CanvasTexture(canvas)
      texture.colorSpace = SRGBColorSpace
      texture.anisotropy = 4
      material.map?.dispose()
      material.map = texture
      material.color.set("#ffffff")
      material.needsUpdate = true
    },
    look(opacity, dig) {
      material.opacity = opacity
      material.depthWrite = opacity > 0.85
      mesh.visible = opacity > 0.01
      group.position.z = dig.shape === "layer" ? -dig.depth_m : 0
    },
  }
}

const grid_m = 10

/** Where there are no streets, a line each ten metres gives the eye its measure. */
export const plainGround =
  (tokens: Tokens): Parameters<Sheet["drape"]>[0] =>
  (ctx, scale, [width, height]) => {
    ctx.fillStyle = tokens.m_land
    ctx.fillRect(0, 0, width, height)
    ctx.strokeStyle = tokens.line_2
    ctx.lineWidth = Math.max(1, 0.12 * scale)
    ctx.beginPath()
    for (let x = (width / 2) % (grid_m * scale); x < width; x += grid_m * scale) {
      ctx.moveTo(x, 0)
      ctx.lineTo(x, height)
    }
    for (let y = (height / 2) % (grid_m * scale); y < height; y += grid_m * scale) {
      ctx.moveTo(0, y)
      ctx.lineTo(width, y)
    }
    ctx.stroke()
  }

function rim(corners: number[][], material: LineBasicMaterial): Line {
  const geometry = new BufferGeometry()
  geometry.setAttribute("position", new BufferAttribute(Float32Array.from(corners.flatMap(([x, y]) => [x!, y!, 0])), 3))
  const line = new Line(geometry, material)
  line.renderOrder = 3
  return line
}

/** Walls with a line at each metre, and a floor. */
export function pitOf(tokens: Tokens) {
  const wall = new MeshBasicMaterial({ color: tokens.m_old, side: BackSide })
  wall.onBeforeCompile = (shader) => {
    shader.vertexShader = shader.vertexShader.replace(
      "void main() {",
      "varying float deep;\nvoid main() {\ndeep = -(modelMatrix * vec4(position, 1.0)).z + modelMatrix[3].z + 0.5 * length(modelMatrix[2].xyz);",
    )
    shader.fragmentShader = shader.fragmentShader
      .replace("void main() {", "varying float deep;\nvoid main() {")
      .replace(
        "#include <color_fragment>",
        `#include <color_fragment>
        float at = fract(deep);
        diffuseColor.rgb *= (at < 0.03 ? 0.72 : 1.0) * (1.0 - 0.05 * min(deep, 6.0));`,
      )
  }
  const floor = new MeshBasicMaterial({ color: tokens.m_bld_2, side: DoubleSide })
  // Unit bodies that stand upright: x and y across, z along the depth.
  const round = new Mesh(new CylinderGeometry(1, 1, 1, 48, 1, true).rotateX(Math.PI / 2), wall)
  const square = new Mesh(new BoxGeometry(2, 2, 1), wall)
  const disc = new Mesh(new CircleGeometry(1, 48), floor)
  const slab = new Mesh(new PlaneGeometry(2, 2), floor)
  const edge = new LineBasicMaterial({ color: tokens.ink_2 })
  const rims = [
    rim(
      Array.from({ length: 49 }, (_, i) => [Math.cos((i * Math.PI) / 24), Math.sin((i * Math.PI) / 24)]),
      edge,
    ),
    rim(
      [
        [-1, -1],
        [1, -1],
        [1, 1],
        [-1, 1],
        [-1, -1],
      ],
      edge,
    ),
  ] as const
  const group = new Group()
  group.add(round, square, disc, slab, ...rims)
  group.visible = false
  return {
    group,
    place(dig: Dig, x: number, y: number, ground: number, pit: Pit) {
      const digs = dig.shape === "circle" || dig.shape === "box"
      group.visible = digs
      pit.value.set(x, y, dig.radius_m, dig.shape === "circle" ? 1 : dig.shape === "box" ? 2 : 0)
      if (!digs) return
      const [body, bottom] = dig.shape === "circle" ? [round, disc] : [square, slab]
      for (const mesh of [round, square, disc, slab]) mesh.visible = mesh === body || mesh === bottom
      const [circle, frame] = rims
      circle.visible = dig.shape === "circle"
      frame.visible = dig.shape === "box"
      for (const line of rims) {
        line.scale.set(dig.radius_m, dig.radius_m, 1)
        line.position.set(x, y, ground + 0.03)
      }
      body.scale.set(dig.radius_m, dig.radius_m, dig.depth_m)
      body.position.set(x, y, ground - dig.depth_m / 2)
      bottom.scale.set(dig.radius_m, dig.radius_m, 1)
      bottom.position.set(x, y, ground - dig.depth_m + 0.005)
    },
  }
}
