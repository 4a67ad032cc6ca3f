/** Which way water runs in a line of a gravity network. */

const forward = new Set(["0", "+", "正", "正向", "顺", "顺向", "起点到终点", "起→终", "→"])
const backward = new Set(["1", "-", "－", "反", "反向", "逆", "逆向", "终点到起点", "终→起", "←"])
/** Inverts that differ by less say nothing within the accuracy of a survey, m; an editable default. */
const fall_m_min = 0.01

/**
 * +1 from the first end to the second, −1 back, 0 unknown. Measured inverts come first: the codes of the column for the
 * direction of flow differ between deliveries (0 start to end, 1 end to start, or signs), heights do not.
 */
export function flowDirection(
  from_invert_m: number | null,
  to_invert_m: number | null,
  flow_direction: string | null,
): -1 | 0 | 1 {
  if (from_invert_m !== null && to_invert_m !== null && Math.abs(from_invert_m - to_invert_m) >= fall_m_min)
    return from_invert_m > to_invert_m ? 1 : -1
  const said = flow_direction?.trim() ?? ""
  return forward.has(said) ? 1 : backward.has(said) ? -1 : 0
}
