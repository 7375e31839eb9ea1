// Vega in a bare V8: no page, no network. Evaluated after Vega and the widths of the font (see vega.py).
"use strict";
globalThis.quadroDraw = (({ vega, vegaLite }, widths) => {
  // Titillium Web without its kerning; a character that it lacks is as wide as a figure.
  vega.textMetrics.width = (item, line) => {
    const weight = item.fontWeight === "bold" ? 700 : +item.fontWeight || 400;
    const wide = widths[weight >= 700 ? "Bold" : weight >= 600 ? "SemiBold" : "Regular"];
    let sum = 0;
    for (const character of line == null ? "" : String(line).trim()) sum += wide[character] ?? wide["0"];
    const width = sum * (item.fontSize ?? 11);
    return item.limit > 0 ? Math.min(width, item.limit) : width;
  };
  const drawn = async (spec, { formatLocale, timeFormatLocale }) => {
    const errors = [];
    const logger = vega.logger(vega.Error, null, (method, level, said) => errors.push([...said].join(" ")));
    const runtime = vega.parse(vegaLite.compile(spec, { logger }).spec);
    const load = async (address) => {
      errors.push(`data by address: ${address}`);
      return "[]";
    };
    const loader = Object.assign(vega.loader(), { load });
    const locale = { number: formatLocale, time: timeFormatLocale };
    const view = new vega.View(runtime, { renderer: "none", loader, logger, locale });
    const svg = await view.toSVG();
    view.finalize();
    return errors[0] ?? svg;
  };
  return async (spec, locale) => {
    try {
      return await drawn(JSON.parse(spec), JSON.parse(locale));
    } catch (error) {
      return String(error.message ?? error);
    }
  };
})(vegaEmbed, quadroWidths);
