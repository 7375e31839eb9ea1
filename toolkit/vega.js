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
  // What of a specification is not data is its structure: compiled and parsed once, then drawn with other data.
  const structures = new Map();
  const counted = { compiled: 0, drawn: 0 };
  const structure = ({ datasets, width, ...rest }, logger) => {
    const key = JSON.stringify(rest);
    if (!structures.has(key)) {
      counted.compiled += 1;
      const { spec } = vegaLite.compile(width === undefined ? rest : { ...rest, width }, { logger });
      const open = (spec.data ?? []).filter(({ url, values, source }) => !url && !values && !source);
      structures.set(key, { runtime: vega.parse(spec), sets: open.map(({ name, format }) => ({ name, format })) });
    }
    counted.drawn += 1;
    return structures.get(key);
  };
  const drawn = async (spec, { formatLocale, timeFormatLocale }) => {
    const errors = [];
    const logger = vega.logger(vega.Error, null, (method, level, said) => errors.push([...said].join(" ")));
    const load = async (address) => {
      errors.push(`data by address: ${address}`);
      return "[]";
    };
    const loader = Object.assign(vega.loader(), { load });
    const locale = { number: formatLocale, time: timeFormatLocale };
    const kept = spec.usermeta?.structured ? structure(spec, logger) : null;
    const runtime = kept ? kept.runtime : vega.parse(vegaLite.compile(spec, { logger }).spec);
    const view = new vega.View(runtime, { renderer: "none", loader, logger, locale });
    for (const { name, format } of kept?.sets ?? []) {
      const rows = spec.datasets?.[name];
      if (rows) view.data(name, format ? vega.read(rows, format) : rows);
    }
    if (kept && typeof spec.width === "number") view.width(spec.width);
    const svg = await view.toSVG();
    view.finalize();
    return errors[0] ?? svg;
  };
  const answer = async (spec, locale) => {
    try {
      return await drawn(JSON.parse(spec), JSON.parse(locale));
    } catch (error) {
      return String(error.message ?? error);
    }
  };
  return Object.assign(answer, { counted: () => JSON.stringify(counted) });
})(vegaEmbed, quadroWidths);
