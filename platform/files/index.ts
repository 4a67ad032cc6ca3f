export { checkPhoto, type Photo } from "./photo.ts"
export { type Files, openFiles, type StoredFile } from "./store.ts"
export { listTar, type TarMember, type TarPlace, writeTar } from "./tar.ts"
