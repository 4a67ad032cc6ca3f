/** What the lifelines declare of their kinds, as sections need it. */
import type { Lifeline } from "../../../lifelines/contract.ts"
import type { KindOf } from "./cross.ts"

/** Class, way of heights, hollowness and name by lifeline and kind; a kind nobody declares any more is shown by its id. */
export function kindsOf(lifelines: readonly Lifeline[]): KindOf {
  const kinds = new Map(
    lifelines.flatMap((lifeline) =>
      lifeline.assets.map(({ kind, name, hollow }) => [
        `${lifeline.id}\n${kind}`,
        {
          class_code: lifeline.class_code,
          gravity: lifeline.survey?.gravity ?? false,
          hollow: hollow ?? false,
          name,
        },
      ]),
    ),
  )
  return (lifeline, kind) =>
    kinds.get(`${lifeline}\n${kind}`) ?? {
      class_code: "QT",
      gravity: false,
      hollow: false,
      name: { zh: kind, en: kind },
    }
}
