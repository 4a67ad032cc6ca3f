/** The stock of names for invented towns. No county of China bears one of the towns' names (checked by hand). */
import type { Words } from "../../model/index.ts"

const words = (list: string, tail = ""): Words[] =>
  list.split(" ").map((pair) => {
    const [zh, en] = pair.split("|") as [string, string]
    return { zh, en: `${en.replaceAll("_", " ")}${tail}` }
  })

export const towns: { name: Words; river: Words }[] = [
  { name: { zh: "望澜县", en: "Wanglan" }, river: { zh: "澜河", en: "Lan River" } },
  { name: { zh: "云汀县", en: "Yunting" }, river: { zh: "汀河", en: "Ting River" } },
  { name: { zh: "栖浦县", en: "Qipu" }, river: { zh: "栖河", en: "Qi River" } },
  { name: { zh: "澄岚县", en: "Chenglan" }, river: { zh: "澄河", en: "Cheng River" } },
]

/** Collectors running west to east, then south to north. */
export const collectorsEast = words(
  "新华街|Xinhua_St 青年路|Qingnian_Rd 和平路|Heping_Rd 光明路|Guangming_Rd 团结路|Tuanjie_Rd 胜利路|Shengli_Rd 文化路|Wenhua_Rd 育才路|Yucai_Rd 公园路|Gongyuan_Rd 民生路|Minsheng_Rd 富康路|Fukang_Rd 丰收路|Fengshou_Rd 友谊路|Youyi_Rd 前进路|Qianjin_Rd 红旗路|Hongqi_Rd 振兴路|Zhenxing_Rd 长安街|Chang'an_St 安康路|Ankang_Rd 康宁路|Kangning_Rd 学府路|Xuefu_Rd 锦绣路|Jinxiu_Rd 百花路|Baihua_Rd 新风路|Xinfeng_Rd 跃进路|Yuejin_Rd 延安路|Yan'an_Rd 东风路|Dongfeng_Rd 五一路|Wuyi_Rd 建国路|Jianguo_Rd 复兴路|Fuxing_Rd 黄山路|Huangshan_Rd 泰山路|Taishan_Rd 衡山路|Hengshan_Rd 天目路|Tianmu_Rd 雁荡路|Yandang_Rd 庐山路|Lushan_Rd 华山路|Huashan_Rd",
)
export const collectorsNorth = words(
  "北门街|Beimen_St 体育路|Tiyu_Rd 交通路|Jiaotong_Rd 幸福路|Xingfu_Rd 健康路|Jiankang_Rd 广场路|Guangchang_Rd 凤凰路|Fenghuang_Rd 龙泉路|Longquan_Rd 桃园路|Taoyuan_Rd 明珠路|Mingzhu_Rd 望江路|Wangjiang_Rd 临江路|Linjiang_Rd 春晖路|Chunhui_Rd 松江路|Songjiang_Rd 站前路|Zhanqian_Rd 粮库路|Liangku_Rd 邮电路|Youdian_Rd 车站路|Chezhan_Rd 永安路|Yong'an_Rd 玉带路|Yudai_Rd 花园路|Huayuan_Rd 银杏路|Yinxing_Rd 梅园路|Meiyuan_Rd 兴隆街|Xinglong_St 长江路|Changjiang_Rd 黄河路|Huanghe_Rd 淮海路|Huaihai_Rd 太湖路|Taihu_Rd 钱塘路|Qiantang_Rd 洞庭路|Dongting_Rd 嘉陵路|Jialing_Rd 珠江路|Zhujiang_Rd 汉江路|Hanjiang_Rd 赣江路|Ganjiang_Rd 湘江路|Xiangjiang_Rd 闽江路|Minjiang_Rd",
)
export const lanesNew = words(
  "东苑巷|Dongyuan_Ln 西苑巷|Xiyuan_Ln 桂花巷|Guihua_Ln 柳荫巷|Liuyin_Ln 丁香里|Dingxiang_Li 海棠里|Haitang_Li 芙蓉里|Furong_Li 玉兰巷|Yulan_Ln 翠竹巷|Cuizhu_Ln 香樟里|Xiangzhang_Li 荷花巷|Hehua_Ln 莲塘巷|Liantang_Ln 石榴巷|Shiliu_Ln 紫藤里|Ziteng_Li 槐树巷|Huaishu_Ln 白杨里|Baiyang_Li 月季里|Yueji_Li 青松巷|Qingsong_Ln 杏花里|Xinghua_Li 橘园巷|Juyuan_Ln 枫林巷|Fenglin_Ln 碧水巷|Bishui_Ln 春华里|Chunhua_Li 秋实里|Qiushi_Li 安居里|Anju_Li 乐业里|Leye_Li 和顺里|He'shun_Li 永福里|Yongfu_Li 吉祥里|Jixiang_Li 如意里|Ruyi_Li 平安里|Ping'an_Li 康乐里|Kangle_Li 电业巷|Dianye_Ln 纺织巷|Fangzhi_Ln 农机巷|Nongji_Ln 棉厂巷|Mianchang_Ln 粮站巷|Liangzhan_Ln 供销巷|Gongxiao_Ln 水利巷|Shuili_Ln 林场巷|Linchang_Ln 化肥巷|Huafei_Ln 机械巷|Jixie_Ln 仓库巷|Cangku_Ln 码头巷|Matou_Ln 渡口巷|Dukou_Ln 船厂巷|Chuanchang_Ln 渔家巷|Yujia_Ln 堤脚巷|Dijiao_Ln 沙湾巷|Shawan_Ln 竹园里|Zhuyuan_Li 茶园里|Chayuan_Li 果园里|Guoyuan_Li 桑园里|Sangyuan_Li 菊园里|Juyuan_Li",
)
export const lanesOld = words(
  "文庙街|Wenmiao_St 县前街|Xianqian_St 城隍庙巷|Chenghuangmiao_Ln 鼓楼巷|Gulou_Ln 状元巷|Zhuangyuan_Ln 衙前巷|Yaqian_Ln 书院巷|Shuyuan_Ln 米市巷|Mishi_Ln 油坊巷|Youfang_Ln 盐店巷|Yandian_Ln 铁匠巷|Tiejiang_Ln 双井巷|Shuangjing_Ln 钟楼巷|Zhonglou_Ln 箭道巷|Jiandao_Ln 仓巷|Cang_Ln 马号巷|Mahao_Ln 染坊巷|Ranfang_Ln 竹器巷|Zhuqi_Ln 豆腐巷|Doufu_Ln 药王巷|Yaowang_Ln 典当巷|Diandang_Ln 磨坊巷|Mofang_Ln 关帝庙巷|Guandimiao_Ln 十字街|Shizi_St 小南门街|Xiaonanmen_St 西马道|West_Madao 东马道|East_Madao 酱园巷|Jiangyuan_Ln 打铜巷|Datong_Ln 牌坊巷|Paifang_Ln",
)
export const villages = words(
  "上坝村|Shangba 柳庄|Liuzhuang 前圩村|Qianwei 后圩村|Houwei 大湾村|Dawan 周庙村|Zhoumiao 桥头村|Qiaotou 荷塘村|Hetang 北渡村|Beidu 石桥村|Shiqiao 新圩村|Xinwei 塘坊村|Tangfang 沟沿村|Gouyan 高墩村|Gaodun",
  " Village",
)
export const compounds = words(
  "东苑小区|Dongyuan_Estate 电业新村|Dianye_Estate 锦绣花园|Jinxiu_Gardens 滨河家园|Binhe_Homes 望江花园|Wangjiang_Gardens 阳光小区|Yangguang_Estate 纺织新村|Fangzhi_Estate 金桂苑|Jingui_Court 翠湖名邸|Cuihu_Residence 和谐家园|Hexie_Homes 康居苑|Kangju_Court 桃源小区|Taoyuan_Estate 安泰花园|Antai_Gardens 农机新村|Nongji_Estate 水岸花园|Shui'an_Gardens 明月苑|Mingyue_Court",
)

/** Names in order, then made-up ones by number: a town never runs out. */
export function nameTaker(stock: readonly Words[], more: (n: number) => Words): () => Words {
  let i = 0
  return () => stock[i++] ?? more(i - stock.length)
}

export const numberedRoad =
  (zh: string, en: string) =>
  (n: number): Words => ({ zh: `${zh}${numeral(n)}路`, en: `${en} ${n} Rd` })

const laneStems = words(
  "朝阳|Chaoyang 建设|Jianshe 文昌|Wenchang 江南|Jiangnan 新华|Xinhua 和平|Heping 青年|Qingnian 解放|Jiefang 惠民|Huimin 光明|Guangming",
)
/** "朝阳三巷": lanes that are numbered after the road they leave. */
export function numberedLane(n: number): Words {
  const stem = laneStems[(n - 1) % laneStems.length]!
  const k = 1 + Math.floor((n - 1) / laneStems.length)
  return { zh: `${stem.zh}${numeral(k)}巷`, en: `${stem.en} Ln ${k}` }
}

export const factories = words(
  "化肥厂|Fertiliser_Works 棉纺厂|Cotton_Mill 啤酒厂|Brewery 食品厂|Food_Works 机械厂|Machine_Works 印染厂|Dye_Works 造纸厂|Paper_Mill 电子厂|Electronics_Works 制药厂|Pharmaceutical_Works 水泥制品厂|Concrete_Works 冷冻厂|Cold_Store 汽配厂|Car_Parts_Works",
)

const digits = "〇一二三四五六七八九"
/** Whole numbers from 1 to 999 in Chinese. */
export function numeral(n: number): string {
  const hundreds = Math.floor(n / 100)
  const tens = Math.floor(n / 10) % 10
  const ones = n % 10
  const low = `${tens > 1 || (tens === 1 && hundreds) ? digits[tens] : ""}${tens ? "十" : ""}${ones ? digits[ones] : ""}`
  if (hundreds === 0) return low
  return `${digits[hundreds]}百${tens === 0 && ones ? "〇" : ""}${low}`
}
