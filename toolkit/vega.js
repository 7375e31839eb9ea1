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
  // A drawing without marks, or with marks at no place (which Vega puts at zero), is no picture: what is wrong, if so.
  const PLACES = ["x", "y", "x2", "y2", "xc", "yc", "width", "height", "size", "startAngle", "endAngle"];
  const lost = (item) => PLACES.find((place) => place in item && !Number.isFinite(+item[place]));
  const absent = ({ datum }) => Object.values(datum ?? {}).includes(null); // a row without its value has no mark
  const marks = ({ marktype, role, items }) => {
    if (marktype === "group") {
      return ["frame", "scope", "mark"].includes(role) ? items.flatMap((group) => group.items.flatMap(marks)) : [];
    }
    return role === "mark" ? items.filter((item) => item.defined !== false && !(lost(item) && absent(item))) : [];
  };
  const panels = (mark) => {
    if (mark.marktype !== "group") return [];
    return /concat_\d+_group$/.test(mark.name ?? "") ? [mark] : mark.items.flatMap((group) => group.items.flatMap(panels));
  };
  const fault = (root) => {
    const items = marks(root);
    const odd = items.map(lost).find(Boolean);
    if (odd) return `${odd} of its marks is no number (zero, or a bar, on a logarithmic scale; a division by zero)`;
    if (!items.length) return "it has no marks, as no row has all that they need";
    return panels(root).some((panel) => !marks(panel).length) ? "one of its parts has no marks" : "";
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
    const wrong = errors[0] ?? fault(view.scenegraph().root);
    view.finalize();
    return wrong || svg;
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
