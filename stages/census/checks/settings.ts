/** Limits of the checks. Every value is an editable default; the remark says where it comes from. */
import type { CheckSettings } from "../survey/types.ts"

export const defaultCheckSettings: CheckSettings = {
  /** Editable default: no municipal open-cut pipe lies deeper; the trade's tools let the maximum be set. */
  depth_m_max: 15,
  /** Lengths in space as the trade's checking tools use them (50–75 m and 0.05 m). */
  line_m_min: 0.05,
  line_m_max: 75,
  /** The trade's tools warn at 10° or 30°: the first is taken for pipes that run by gravity, the second for others. */
  slope_deg_max: 30,
  gravity_slope_deg_max: 10,
  /** Editable default: ground, depth and height are each given to a centimetre or better. */
  ground_tolerance_m: 0.05,
  /** Editable default: heights of one point on several lines, given to a centimetre. */
  point_tolerance_m: 0.05,
  /** Editable default: nearer than this, two ends of one utility are one node drawn twice. */
  snap_m: 0.5,
  /** Editable default: pipes turn by less than 140°; two lines that meet more sharply fold back on each other. */
  angle_deg_min: 40,
  /** Editable default: within the accuracy of levelling. */
  uphill_tolerance_m: 0.02,
  /** Editable default: fewer points than this are no network of their own. */
  group_points_min: 5,
  /** CJJ 61 appendix B: drainage is the class that runs by gravity. */
  gravity_classes: ["PS"],
  /**
   * Clear distances between outer walls, metres, in the manner of GB 50289 (plan and crossing). Editable defaults: the
   * standard's own table tells pressures, sizes and ways of laying apart; a city sets its own here. The lower value of
   * the range is taken, so that a distance that some case allows is not reported.
   */
  clearance: [
    ["JS", "PS", 1.0, 0.4],
    ["JS", "RQ", 0.5, 0.15],
    ["JS", "RL", 1.5, 0.15],
    ["JS", "DL", 0.5, 0.15],
    ["JS", "TX", 1.0, 0.15],
    ["JS", "JS", 0, 0.15],
    ["PS", "PS", 0, 0.15],
    ["PS", "RQ", 1.0, 0.15],
    ["PS", "RL", 1.5, 0.15],
    ["PS", "DL", 0.5, 0.25],
    ["PS", "TX", 1.0, 0.15],
    ["RQ", "RQ", 0, 0.15],
    ["RQ", "RL", 1.0, 0.15],
    ["RQ", "DL", 0.5, 0.25],
    ["RQ", "TX", 0.5, 0.15],
    ["RL", "RL", 0, 0.15],
    ["RL", "DL", 2.0, 0.25],
    ["RL", "TX", 1.0, 0.15],
    ["DL", "DL", 0, 0.25],
    ["DL", "TX", 0.5, 0.25],
    ["TX", "TX", 0, 0.15],
  ].map(([class_a, class_b, horizontal_m, vertical_m]) => ({
    class_a: String(class_a),
    class_b: String(class_b),
    horizontal_m: Number(horizontal_m),
    vertical_m: Number(vertical_m),
  })),
  district: null,
}
