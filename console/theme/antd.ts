import { type ThemeConfig, theme as antdTheme } from "antd"
import { font, font_mono, type ThemeName, themes } from "./tokens.ts"

/** The antd theme from the tokens; derived primary and info colours are set by hand, grown ones turn muddy near black. */
export function antdConfig(name: ThemeName): ThemeConfig {
  const t = themes[name]
  return {
    algorithm: name === "dark" ? antdTheme.darkAlgorithm : antdTheme.defaultAlgorithm,
    cssVar: { key: "mm" },
    token: {
      fontFamily: font, fontFamilyCode: font_mono, fontSize: 13, fontSizeSM: 12, fontSizeLG: 14,
      borderRadius: 4, borderRadiusSM: 2, borderRadiusLG: 6, controlHeight: 28, controlHeightSM: 22, controlHeightLG: 36,
      sizeUnit: 4, sizeStep: 4, lineWidth: 1, wireframe: false, fontWeightStrong: 700,
      colorPrimary: t.ink, colorPrimaryHover: t.ink_2, colorPrimaryActive: t.ink, colorPrimaryBg: t.bg_sel,
      colorPrimaryBgHover: t.bg_sel, colorPrimaryBorder: t.line_3,
      colorLink: t.ink, colorLinkHover: t.ink_2, linkDecoration: "underline",
      colorInfo: t.ink_2, colorSuccess: t.ink_2, colorWarning: t.lv2, colorError: t.lv1,
      colorInfoBg: t.bg_sunken, colorSuccessBg: t.bg_sunken, colorWarningBg: t.lv2_wash, colorErrorBg: t.lv1_wash,
      colorErrorText: t.lv1_ink, colorWarningText: t.lv2_ink,
      colorText: t.ink, colorTextSecondary: t.ink_2, colorTextTertiary: t.ink_3, colorTextQuaternary: t.ink_4,
      colorTextDescription: t.ink_3, colorTextLightSolid: t.on_ink,
      colorBgLayout: t.bg_app, colorBgContainer: t.bg_raised, colorBgElevated: t.bg_raised, colorBgSpotlight: t.ink,
      colorBorder: t.line_2, colorBorderSecondary: t.line, colorSplit: t.line,
      controlItemBgHover: t.bg_hover, controlItemBgActive: t.bg_sel, controlOutline: "transparent", lineWidthFocus: 2,
      motionDurationFast: "0.09s", motionDurationMid: "0.16s", motionDurationSlow: "0.24s",
      boxShadow: t.shadow, boxShadowSecondary: t.shadow,
    },
    components: {
      Button: { primaryColor: t.on_ink, solidTextColor: t.on_ink, defaultBg: t.bg_raised, fontWeight: 500, primaryShadow: "none", defaultShadow: "none", dangerShadow: "none", paddingInline: 10 },
      Table: { headerBg: "transparent", headerColor: t.ink_3, headerSplitColor: "transparent", rowHoverBg: t.bg_hover, rowSelectedBg: t.bg_sel, rowSelectedHoverBg: t.bg_sel, cellFontSizeSM: 12, cellPaddingBlockSM: 4, cellPaddingInlineSM: 8, headerBorderRadius: 0 },
      Input: { activeShadow: "none", activeBorderColor: t.ink, hoverBorderColor: t.line_3, paddingInline: 8 },
      Tooltip: { colorBgSpotlight: t.ink, colorTextLightSolid: t.on_ink },
    },
  }
}
