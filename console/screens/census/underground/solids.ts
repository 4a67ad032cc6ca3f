/** Pipes, wells and joints as instances: one drawing call for each form, however many there are. */
import {
  BoxGeometry,
  BufferAttribute,
  BufferGeometry,
  Color,
  CylinderGeometry,
  DoubleSide,
  type BufferGeometry as Geometry,
  Group,
  IcosahedronGeometry,
  InstancedMesh,
  LineBasicMaterial,
  LineSegments,
  type Material,
  Matrix4,
  MeshLambertMaterial,
  Vector3,
} from "three"
import { classColour, type Tokens } from "../../../theme/index.ts"
import { type Buried, piece_numbers, shownKinds } from "./buried.ts"

/** With more pieces each is drawn with fewer sides. */
const many_pieces = 20_000
const joint_min_m = 0.12
const assumed = 2

/** A material whose stripes say that the height of what it covers is assumed. */
export function hatched(colour: string | null): MeshLambertMaterial {
  const material = new MeshLambertMaterial({ side: DoubleSide, ...(colour === null ? {} : { color: colour }) })
  material.onBeforeCompile = (shader) => {
    shader.fragmentShader = shader.fragmentShader.replace(
      "#include <clipping_planes_fragment>",
      "#include <clipping_planes_fragment>\nif (mod(gl_FragCoord.x + gl_FragCoord.y, 6.0) < 3.0) discard;",
    )
  }
  return material
}

type Placed = { matrix: Matrix4; colour: Color }

function instances(geometry: Geometry, material: Material, placed: readonly Placed[]): InstancedMesh | null {
  if (placed.length === 0) {
    geometry.dispose()
    material.dispose()
    return null
  }
  const mesh = new InstancedMesh(geometry, material, placed.length)
  for (const [i, { matrix, colour }] of placed.entries()) {
    mesh.setMatrixAt(i, matrix)
    mesh.setColorAt(i, colour)
  }
  mesh.computeBoundingSphere()
  return mesh
}

const [along, right, up, middle] = [new Vector3(), new Vector3(), new Vector3(), new Vector3()]
const z_axis = new Vector3(0, 0, 1)

/** A unit body along its own Y, laid from one place to another with a width across and a height upright. */
export function laid(from: ArrayLike<number>, to: ArrayLike<number>, width: number, height: number): Matrix4 {
  along.set(to[0]! - from[0]!, to[1]! - from[1]!, to[2]! - from[2]!)
  middle.set((to[0]! + from[0]!) / 2, (to[1]! + from[1]!) / 2, (to[2]! + from[2]!) / 2)
  const length = Math.max(along.length(), 1e-3)
  along.divideScalar(length)
  right.crossVectors(along, z_axis)
  if (right.lengthSq() < 1e-9) right.set(1, 0, 0)
  right.normalize()
  up.crossVectors(right, along)
  return new Matrix4()
    .makeBasis(
      right.clone().multiplyScalar(width),
      along.clone().multiplyScalar(length),
      up.clone().multiplyScalar(height),
    )
    .setPosition(middle)
}

/** Everything of the lifelines that are shown. `drawn` counts the bodies; what is assumed is hatched. */
export function solidsOf(
  buried: Buried,
  tokens: Tokens,
  hidden: ReadonlySet<string>,
): { group: Group; drawn: number; pipes: number } {
  const { view, base } = buried
  const colours = view.kinds.map(({ class_code }) => new Color(classColour(tokens, class_code)))
  const wells = view.kinds.map((_, i) => colours[i]!.clone().lerp(new Color(tokens.ink_3), 0.35))
  const cover = new Color(tokens.ink_3)
  const shown = shownKinds(view, hidden)
  const bodies = { round: [[], []], box: [[], []] } as Record<"round" | "box", [Placed[], Placed[]]>
  const thread: number[] = []
  const threadColour: number[] = []
  for (let i = 0; i < buried.count; i++) {
    const line = buried.line[i]!
    const kind = view.lines.kind[line]!
    if (!shown[kind]) continue
    const from = buried.pieces.subarray(i * piece_numbers, i * piece_numbers + 3)
    const to = buried.pieces.subarray(i * piece_numbers + 3, i * piece_numbers + 6)
    const matrix = laid(from, to, view.lines.width[line]!, view.lines.height[line]!)
    const guess = view.lines.sure[line] === assumed ? 1 : 0
    bodies[view.lines.box[line] === 1 ? "box" : "round"][guess].push({ matrix, colour: colours[kind]! })
    thread.push(...from, ...to)
    for (let k = 0; k < 2; k++) threadColour.push(colours[kind]!.r, colours[kind]!.g, colours[kind]!.b)
  }
  const shafts: [Placed[], Placed[]] = [[], []]
  const lids: Placed[] = []
  for (const [i, kind] of view.wells.kind.entries()) {
    if (!shown[kind]) continue
    const [x, y, wide] = [view.wells.x[i]!, view.wells.y[i]!, view.wells.diameter[i]!]
    const [top, bottom] = [view.wells.ground[i]! - base, view.wells.bottom[i]! - base]
    shafts[view.wells.sure[i] === assumed ? 1 : 0].push({
      matrix: laid([x, y, bottom], [x, y, top], wide, wide),
      colour: wells[kind]!,
    })
    lids.push({ matrix: laid([x, y, top - 0.04], [x, y, top + 0.06], wide * 1.08, wide * 1.08), colour: cover })
  }
  const balls: Placed[] = []
  for (const [i, kind] of view.joints.kind.entries()) {
    if (!shown[kind]) continue
    const size = Math.max(joint_min_m, view.joints.size[i]! * 1.25)
    const matrix = new Matrix4()
      .makeScale(size, size, size)
      .setPosition(view.joints.x[i]!, view.joints.y[i]!, view.joints.z[i]! - base)
    balls.push({ matrix, colour: colours[kind]! })
  }
  const sides = buried.count > many_pieces ? 8 : 14
  const tube = () => new CylinderGeometry(0.5, 0.5, 1, sides, 1, true)
  const plain = () => new MeshLambertMaterial({ side: DoubleSide })
  const meshes = [
    instances(tube(), plain(), bodies.round[0]),
    instances(tube(), hatched(null), bodies.round[1]),
    instances(new BoxGeometry(1, 1, 1), plain(), bodies.box[0]),
    instances(new BoxGeometry(1, 1, 1), hatched(null), bodies.box[1]),
    instances(new CylinderGeometry(0.5, 0.5, 1, 14, 1, true), plain(), shafts[0]),
    instances(new CylinderGeometry(0.5, 0.5, 1, 14, 1, true), hatched(null), shafts[1]),
    instances(new CylinderGeometry(0.5, 0.5, 1, 18), plain(), lids),
    instances(new IcosahedronGeometry(0.5, 1), plain(), balls),
  ].filter((mesh) => mesh !== null)
  const group = new Group()
  group.add(...meshes)
  // A thread in each pipe keeps it in sight where its true diameter is less than a pixel.
  if (thread.length > 0) {
    const geometry = new BufferGeometry()
    geometry.setAttribute("position", new BufferAttribute(Float32Array.from(thread), 3))
    geometry.setAttribute("color", new BufferAttribute(Float32Array.from(threadColour), 3))
    group.add(new LineSegments(geometry, new LineBasicMaterial({ vertexColors: true })))
  }
  const pipes = bodies.round[0].length + bodies.round[1].length + bodies.box[0].length + bodies.box[1].length
  return { group, pipes, drawn: pipes + lids.length + balls.length }
}
