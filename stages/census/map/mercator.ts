/** Web Mercator as tiles use it: the world is the square 0…1, north is 0. */

/** Longitude in degrees to 0…1. */
export const mercatorX = (lon: number): number => lon / 360 + 0.5

/** Latitude in degrees to 0…1; beyond ±85.05° it stays at the edge of the square. */
export function mercatorY(lat: number): number {
  const sine = Math.sin((lat * Math.PI) / 180)
  const y = 0.5 - (0.25 * Math.log((1 + sine) / (1 - sine))) / Math.PI
  return y < 0 ? 0 : y > 1 ? 1 : y
}

/** 0…1 back to degrees. */
export const lonOf = (x: number): number => (x - 0.5) * 360
export const latOf = (y: number): number => (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI
