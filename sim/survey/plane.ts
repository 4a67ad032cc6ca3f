/** The plane of invented deliveries: CGCS2000, 3° zone 39 (central meridian 117°), with or without the zone's number. */
import proj4 from "proj4"

// The ellipsoid of CGCS2000 is that of GRS 80 to a tenth of a millimetre.
const zone = (meridian: number, false_east: number) =>
  `+proj=tmerc +lat_0=0 +lon_0=${meridian} +k=1 +x_0=${false_east} +y_0=0 +ellps=GRS80 +units=m +no_defs`
const degrees = "+proj=longlat +ellps=GRS80 +no_defs"

export type Plane = {
  epsg: 4527 | 4548
  prefix: boolean
  /** Longitude and latitude in degrees, nine decimals. */
  toLonLat(north_m: number, east_m: number): [number, number]
  toPlane(lon: number, lat: number): [north_m: number, east_m: number]
  /** The same place in the next zone to the east (central meridian 120°). */
  nextZone(north_m: number, east_m: number): [number, number]
  wkt: string
}

export function makePlane(prefix: boolean): Plane {
  const false_east = prefix ? 39_500_000 : 500_000
  const earth = proj4(zone(117, false_east), degrees)
  const next = proj4(zone(117, false_east), zone(120, prefix ? 40_500_000 : 500_000))
  const nine = (v: number) => Math.round(v * 1e9) / 1e9
  return {
    epsg: prefix ? 4527 : 4548,
    prefix,
    toLonLat: (north_m, east_m) => {
      const [lon, lat] = earth.forward([east_m, north_m])
      return [nine(lon!), nine(lat!)]
    },
    toPlane: (lon, lat) => {
      const [east, north] = earth.inverse([lon, lat])
      return [north!, east!]
    },
    nextZone: (north_m, east_m) => {
      const [east, north] = next.forward([east_m, north_m])
      return [north!, east!]
    },
    wkt:
      `PROJCS["CGCS2000_3_Degree_GK_${prefix ? "Zone_39" : "CM_117E"}",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",` +
      `DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],` +
      `UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",${false_east}.0],` +
      `PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",117.0],PARAMETER["Scale_Factor",1.0],` +
      `PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`,
  }
}
