import { problem } from "../../../model/index.ts"

/** Why a connection or its wish is refused before anything of it is read. */
export const refusals = {
  credential: problem(
    "bad-credential",
    401,
    "账号或口令不对，连接被拒绝；请核对设备凭据",
    "Wrong user name or password; check the device's credential",
  ),
  "too-large": problem(
    "too-large",
    413,
    "报文超过 1 MiB，连接已断开；请分批发送",
    "The packet is over 1 MiB, the connection was ended; send it in parts",
  ),
  topic: problem("wrong-topic", 403, "没有订阅该主题的权限", "You may not subscribe to this topic"),
  protocol: problem("bad-protocol", 400, "不是有效的 MQTT 3.1.1 连接", "Not a valid MQTT 3.1.1 connection"),
}
