/** Definitions of coordinate systems as plain data, which can be stored and made a system again. */

export type EllipsoidName = "cgcs2000" | "wgs84" | "xian80" | "beijing54"

/** A transverse Mercator (Gauss–Krüger) plane; what is left out is that of a Chinese 3° zone without its number. */
export type TransverseMercator = {
  central_meridian_deg: number
  false_easting_m?: number
  false_northing_m?: number
  /** Scale on the central meridian: 1 for Gauss–Krüger, 0.9996 for UTM. */
  scale?: number
  latitude_origin_deg?: number
  ellipsoid?: EllipsoidName
}

/** north' = shift + scale · (north · cos r − east · sin r), east' = shift + scale · (north · sin r + east · cos r). */
export type Similarity = {
  shift_north_m: number
  shift_east_m: number
  rotation_rad: number
  /** Scale − 1, in millionths. */
  scale_ppm: number
}

/** X' = T + (1 + scale) · R · X in geocentric metres, rotations by the position vector convention (EPSG method 9606). */
export type BursaWolf = {
  tx_m: number
  ty_m: number
  tz_m: number
  rx_arcsec: number
  ry_arcsec: number
  rz_arcsec: number
  scale_ppm: number
}

/**
 * An EPSG code; a map service's shifted degrees; a plane by its parameters; or a city's own grid: the plane that
 * `similarity` turns into the plane of `base`, or whose ellipsoid `bursa_wolf` turns into CGCS2000.
 */
export type SystemDefinition =
  | number
  | "gcj-02"
  | "bd-09"
  | TransverseMercator
  | { base: SystemDefinition; similarity: Similarity }
  | { plane: TransverseMercator; bursa_wolf: BursaWolf }
