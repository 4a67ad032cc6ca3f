/** Line icons, drawn on a 20 × 20 grid; lifelines are told apart by these, not by colour. */
const paths = {
  check: "M4 10.5l4 4 8-9",
  search: "M9 3.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M13 13l4 4",
  census:
    "M4 3h10a1 1 0 0 1 1 1v6M9 17H4a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1M6 7h6M6 10h4M6 13h2M14 11a3 3 0 1 0 0 6a3 3 0 1 0 0-6M16.2 16.2L18 18",
  risk: "M10 2.5l6.5 2.6v4.6c0 4-2.8 6.8-6.5 7.8-3.7-1-6.5-3.8-6.5-7.8V5.1zM10 2.5v15M3.5 9.7h13",
  monitoring: "M2 11h3.5L8 4.5l4 11 2.3-4.5H18",
  analysis:
    "M5 3a2 2 0 1 0 0 4a2 2 0 1 0 0-4M5 13a2 2 0 1 0 0 4a2 2 0 1 0 0-4M15 7.6a2.4 2.4 0 1 0 0 4.8a2.4 2.4 0 1 0 0-4.8M7 5.6l6 3.2M7 14.4l6-3.2",
  warning: "M10 3L17.5 16.5H2.5zM10 8v4M10 14.2v.1",
  response: "M12.2 3.2a4 4 0 0 0-3.6 5.6L3 14.4 5.6 17l5.6-5.6a4 4 0 0 0 5.4-4.7l-2.4 2.2-2.6-.7-.6-2.6z",
  supervision: "M3 17V9M8 17V4M13 17v-6M18 17H2M17.5 5l-3 3-1.5-1.5",
  duty: "M3 5.5h14v8H3zM8 17h4M10 13.5V17M5.5 10h2l1.5-2.5 2 4 1.2-1.5h2.3",
  settings: "M3 6h8M15 6h2M3 14h2M9 14h8M13 4a2 2 0 1 0 0 4a2 2 0 1 0 0-4M7 12a2 2 0 1 0 0 4a2 2 0 1 0 0-4",
  filter: "M3 5h14M6 10h8M8.5 15h3",
  gas: "M10 2.5c.6 3 4.8 4.8 4.8 9.2A4.8 4.8 0 0 1 10 16.8a4.8 4.8 0 0 1-4.8-5.1c0-2 1-3.2 2-4.2.2 1.4.8 2 1.6 2.3C8.4 7.5 8.7 4.8 10 2.5z",
  drainage:
    "M3 5c1.8-1.6 3.5-1.6 5.2 0s3.5 1.6 5.2 0S17 3.8 17 3.8M3 9.5c1.8-1.6 3.5-1.6 5.2 0s3.5 1.6 5.2 0M10 12v5M7.5 14.8L10 17.3l2.5-2.5",
  bridge: "M2 7h16M2 15c1-4 2.8-5.5 5-5.5S11 11 12 15c1-4 2-5.5 3.5-5.5S17.5 11 18 13M5 4v3M10 4v3M15 4v3",
  water: "M10 2.8c2.8 3.6 5 6.2 5 9a5 5 0 0 1-10 0c0-2.8 2.2-5.4 5-9z",
  manhole: "M10 3a7 7 0 1 0 0 14a7 7 0 1 0 0-14M5.5 8h9M4.5 11h11M6.5 14h7M7.5 5.3h5",
  heat: "M6 3c-1.5 2 1.5 3.5 0 5.5M10 3c-1.5 2 1.5 3.5 0 5.5M14 3c-1.5 2 1.5 3.5 0 5.5M3 12h14M3 16h14",
  tunnel: "M3 4h14v12H3zM10 4v12M5 8h3M5 11h3M13.5 9.7a1.8 1.8 0 1 0 0 3.6a1.8 1.8 0 1 0 0-3.6",
  road: "M6 3L3 17M14 3l3 14M10 3v2.5M10 8.5v3M10 14.5V17",
  power: "M11 2.5L5 11.5h4.5L8.5 17.5 15 8.2h-4.5z",
  telecom: "M5 17L10 5l5 12M7 12.5h6M10 5V2.5M6 3.5c-1 1.2-1 2.8 0 4M14 3.5c1 1.2 1 2.8 0 4",
  down: "M4 7l6 6 6-6",
  right: "M7 4l6 6-6 6",
  merged: "M2 10c1.5-6 3-6 4 0s2.5 6 4 0 2.5-6 4 0 2.5 6 4 0",
  muted: "M6 8a4 4 0 0 1 8 0v4l1.5 2h-11L6 12zM8.5 16.5h3M3 3l14 14",
  bell: "M6 8a4 4 0 0 1 8 0v4l1.5 2h-11L6 12zM8.5 16.5h3",
  device:
    "M6.5 3h7a1.5 1.5 0 0 1 1.5 1.5v11a1.5 1.5 0 0 1-1.5 1.5h-7a1.5 1.5 0 0 1-1.5-1.5v-11A1.5 1.5 0 0 1 6.5 3M8 6h4M10 13.5v.1",
  layers: "M10 3l7.5 4L10 11 2.5 7zM2.5 10.5L10 14.5l7.5-4M2.5 13.8L10 17.8l7.5-4",
  plus: "M10 4v12M4 10h12",
  minus: "M4 10h12",
  locate: "M10 4a6 6 0 1 0 0 12a6 6 0 1 0 0-12M10 2v4M10 14v4M2 10h4M14 10h4",
  link: "M8 12l4-4M6.5 9.5L4.5 11.5a2.8 2.8 0 0 0 4 4l2-2M13.5 10.5l2-2a2.8 2.8 0 0 0-4-4l-2 2",
  pause: "M7 4v12M13 4v12",
  play: "M6 4l10 6-10 6z",
  back: "M11 5l-5 5 5 5M16 5l-5 5 5 5",
  forward: "M9 5l5 5-5 5M4 5l5 5-5 5",
  camera: "M3 6h3l1.5-2h5L14 6h3v10H3zM10 8a3 3 0 1 0 0 6a3 3 0 1 0 0-6",
  more: "M4 10h.1M10 10h.1M16 10h.1",
  undo: "M4 8h8a4.5 4.5 0 0 1 0 9H8M4 8l4-4M4 8l4 4",
  download: "M10 4v12M5 11l5 5 5-5",
  close: "M5 5l10 10M15 5L5 15",
  lock: "M5 9h10a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1M7 9V6a3 3 0 0 1 6 0v3",
  sun: "M10 6.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7M10 2v2M10 16v2M2 10h2M16 10h2M4.3 4.3l1.4 1.4M14.3 14.3l1.4 1.4M4.3 15.7l1.4-1.4M14.3 5.7l1.4-1.4",
  moon: "M16 12.5A6.5 6.5 0 0 1 7.5 4a6.5 6.5 0 1 0 8.5 8.5z",
  person: "M10 3.5a3 3 0 1 0 0 6a3 3 0 1 0 0-6M4 17c0-3.5 2.7-5.5 6-5.5s6 2 6 5.5",
  province: "M3 17h14M5 17V8l5-4 5 4v9M8 17v-5h4v5",
  file: "M5 3h7l3 3v11H5zM12 3v3h3M8 10h4M8 13h4",
} as const

export type IconName = keyof typeof paths
export const iconNames = Object.keys(paths) as IconName[]

const lifelineIcons: Record<string, IconName> = {
  water: "water",
  gas: "gas",
  drainage: "drainage",
  heat: "heat",
  power: "power",
  electricity: "power",
  telecom: "telecom",
  bridge: "bridge",
  tunnel: "tunnel",
  road: "road",
  manhole: "manhole",
}
/** The icon of a lifeline's symbol; a symbol without a drawing of its own gets the manhole. */
export const lifelineIcon = (symbol: string | undefined): IconName => lifelineIcons[symbol ?? ""] ?? "manhole"

export function Icon({ name, size = "s" }: { name: IconName; size?: "s" | "m" | "l" }) {
  return (
    <svg className={`ic ${size === "m" ? "" : size}`} viewBox="0 0 20 20" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  )
}

/** The product's mark. */
export function Mark({ size = 26 }: { size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 26 26"
      fill="none"
      stroke="var(--ink)"
      strokeWidth="1.9"
      strokeLinejoin="round"
      strokeLinecap="round"
      aria-hidden="true"
    >
      <path d="M5 7h5v12H5zM10 13h3l2.2-5.5L18 20l2.1-7H24M13 2.5v3" />
    </svg>
  )
}
