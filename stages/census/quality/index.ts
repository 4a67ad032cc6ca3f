/** Quality of the census (数据质量): four measures by area, owner and class, down to the assets that lower them. */
export { installQuality } from "./routes.ts"
