/**
 * The colours of both themes, once: the CSS variables, the antd theme and the map style are all made from them.
 * Ink is the only accent; red, orange, yellow and blue belong to levels and to nothing else.
 */
const light = {
  bg_app: "#E4E7E6",
  bg_sunken: "#EBEEED",
  bg_panel: "#F5F6F6",
  bg_raised: "#FFFFFF",
  bg_hover: "#E9ECEB",
  bg_sel: "#DDE2E1",
  line: "#D8DCDB",
  line_2: "#BCC3C2",
  line_3: "#8B9495",
  ink: "#14181A",
  ink_2: "#434B4F",
  ink_3: "#586165",
  ink_4: "#939B9E",
  on_ink: "#FFFFFF",
  focus: "#14181A",
  lv1: "#D1261B",
  lv1_on: "#FFFFFF",
  lv1_ink: "#B51C12",
  lv1_wash: "#F9E4E1",
  lv1_edge: "#B51C12",
  lv2: "#EC7A08",
  lv2_on: "#1A0E00",
  lv2_ink: "#9A4A00",
  lv2_wash: "#FAEAD9",
  lv2_edge: "#C96200",
  lv3: "#F2C40F",
  lv3_on: "#1C1600",
  lv3_ink: "#735800",
  lv3_wash: "#F8F1D6",
  lv3_edge: "#9C7800",
  lv4: "#2F6FDB",
  lv4_on: "#FFFFFF",
  lv4_ink: "#1F57B5",
  lv4_wash: "#E3ECFA",
  lv4_edge: "#2360C4",
  m_land: "#E3E3DE",
  m_block: "#EAEAE6",
  m_old: "#E7E4DC",
  m_ind: "#E4E5E5",
  m_green: "#D6DED0",
  m_tree: "#C2CFBB",
  m_field: "#DFE2D3",
  m_field_2: "#D3D8C4",
  m_water: "#C2D2D8",
  m_water_2: "#A9BEC6",
  m_road: "#FBFBFA",
  m_road_a: "#FFFFFF",
  m_case: "#CFCFC9",
  m_lane: "#F4F4F1",
  m_bld: "#D6D5CF",
  m_bld_2: "#C0BEB6",
  m_bld_k: "#CBC9C2",
  m_rail: "#A9A9A4",
  m_text: "#545B5D",
  m_text_2: "#7A8184",
  m_water_t: "#5F808C",
  m_halo: "#EDEDE9",
  p_JS: "#2F95A6",
  p_PS: "#7D6351",
  p_RQ: "#A94FA9",
  p_RL: "#B07E3E",
  p_DL: "#AD5C5C",
  p_TX: "#55895F",
  p_QT: "#7568A6",
  rk1: "#D0685E",
  rk2: "#DE9A57",
  rk3: "#D2B548",
  rk4: "#7FA1CF",
  shadow: "0 1px 2px rgba(20,24,26,.10),0 4px 16px rgba(20,24,26,.10)",
  plot: "#14181A",
  plot_2: "#6F787C",
  plot_3: "#A3ABAD",
  plot_grid: "#E1E5E4",
  plot_band: "#14181A0D",
  gap: "#14181A14",
}

export type Tokens = typeof light
export type ThemeName = "light" | "dark"

const dark: Tokens = {
  bg_app: "#0E1113",
  bg_sunken: "#121618",
  bg_panel: "#181C1F",
  bg_raised: "#20262A",
  bg_hover: "#242A2E",
  bg_sel: "#2D3539",
  line: "#282F33",
  line_2: "#3C454A",
  line_3: "#667177",
  ink: "#ECEFF0",
  ink_2: "#B9C1C5",
  ink_3: "#98A2A7",
  ink_4: "#5F696E",
  on_ink: "#101315",
  focus: "#ECEFF0",
  lv1: "#E5392D",
  lv1_on: "#FFFFFF",
  lv1_ink: "#FF8176",
  lv1_wash: "#3A1C1A",
  lv1_edge: "#F0544A",
  lv2: "#F28A1E",
  lv2_on: "#1A0E00",
  lv2_ink: "#FFA64F",
  lv2_wash: "#35240F",
  lv2_edge: "#F28A1E",
  lv3: "#F2CB2E",
  lv3_on: "#1C1600",
  lv3_ink: "#F0CD4E",
  lv3_wash: "#2F2A12",
  lv3_edge: "#F2CB2E",
  lv4: "#4F8EF2",
  lv4_on: "#06122A",
  lv4_ink: "#86B3FF",
  lv4_wash: "#17263F",
  lv4_edge: "#6BA1F7",
  m_land: "#14181A",
  m_block: "#191D20",
  m_old: "#1C1E1E",
  m_ind: "#191C1F",
  m_green: "#19231D",
  m_tree: "#26352B",
  m_field: "#171D19",
  m_field_2: "#1F2722",
  m_water: "#13242D",
  m_water_2: "#25404D",
  m_road: "#2A3135",
  m_road_a: "#30383D",
  m_case: "#0D1012",
  m_lane: "#242A2E",
  m_bld: "#272E32",
  m_bld_2: "#3A444A",
  m_bld_k: "#323B41",
  m_rail: "#4A5358",
  m_text: "#A2ABAF",
  m_text_2: "#78838A",
  m_water_t: "#5F8796",
  m_halo: "#14181A",
  p_JS: "#3F97A8",
  p_PS: "#8D7462",
  p_RQ: "#B465B5",
  p_RL: "#B08A54",
  p_DL: "#B06868",
  p_TX: "#64966E",
  p_QT: "#8E82BD",
  rk1: "#A9463F",
  rk2: "#A96B2E",
  rk3: "#9A842F",
  rk4: "#456A9F",
  shadow: "0 1px 2px rgba(0,0,0,.5),0 6px 20px rgba(0,0,0,.45)",
  plot: "#ECEFF0",
  plot_2: "#98A2A7",
  plot_3: "#626D72",
  plot_grid: "#252B2F",
  plot_band: "#ECEFF00D",
  gap: "#ECEFF014",
}

export const themes: Record<ThemeName, Tokens> = { light, dark }

export const font =
  '"Noto Sans SC Variable","Noto Sans SC","Noto Sans CJK SC","PingFang SC","Microsoft YaHei UI","Microsoft YaHei",system-ui,sans-serif'
export const font_mono =
  '"Sarasa Mono SC","SF Mono","Cascadia Mono",Consolas,"DejaVu Sans Mono","Noto Sans SC Variable",monospace'

/** The CSS variables of a theme: bg_app becomes --bg-app. */
export const cssVariables = (theme: ThemeName): string =>
  Object.entries(themes[theme])
    .map(([name, value]) => `--${name.replaceAll("_", "-")}:${value}`)
    .join(";")

/** Colour of a CJJ 61 class; an unknown class is drawn as 其他 (QT). */
export function classColour(tokens: Tokens, class_code: string): string {
  const code = class_code === "YS" || class_code === "WS" ? "PS" : class_code
  return (tokens as Record<string, string>)[`p_${code}`] ?? tokens.p_QT
}

/** Dashes of a class in units of the line's width; null is solid. */
export const classDashes: Record<string, number[] | null> = {
  YS: [3.5, 1.5],
  RL: [6, 1.5],
  DL: [4.5, 1.2, 1, 1.2],
  TX: [1, 1.2],
}
export const classCodes = ["JS", "PS", "YS", "RQ", "RL", "DL", "TX", "QT"] as const

/** Four colours of a level. */
export const levelColours = (tokens: Tokens, level: 1 | 2 | 3 | 4) => ({
  fill: tokens[`lv${level}`],
  on: tokens[`lv${level}_on`],
  ink: tokens[`lv${level}_ink`],
  wash: tokens[`lv${level}_wash`],
  edge: tokens[`lv${level}_edge`],
})
