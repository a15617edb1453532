// Charts as SVG: across they are in per cent of their width, so they fit any; down they are in pixels.

import { drawing } from "./dom.js";

const MOST_TICKS = 5;

/** Return an axis over values on the scale that was learnt: `at` gives per cent, `ticks` are in the unit. */
export function valueAxis(learnt, scale, most = MOST_TICKS) {
  const known = learnt.filter(Number.isFinite);
  const [low, high] = padded(Math.min(...known), Math.max(...known));
  const at = (value) => (100 * (value - low)) / (high - low);
  const ends = [low, high].map((end) => scale.inUnit(end));
  const ticks = scale.log ? logTicks(...ends, most) : evenTicks(...ends, most);
  const told = ticks.map((value) => [at(scale.learnt(value)), scale.tick(value)]);
  return { at, ticks: told.filter(([, words], index) => words !== told[index - 1]?.[1]) };
}

/** Return an axis over plain numbers, which `words` writes. */
export function plainAxis(values, words, most = 4) {
  const known = values.filter(Number.isFinite);
  const [low, high] = padded(Math.min(...known), Math.max(...known));
  const at = (value) => (100 * (value - low)) / (high - low);
  return { at, ticks: evenTicks(low, high, most).map((value) => [at(value), words(value)]) };
}

function padded(low, high) {
  const margin = 0.04 * (high - low) || Math.abs(low) * 0.1 || 1;
  return [low - margin, high + margin];
}

/** Return round numbers between two ends. */
export function evenTicks(low, high, most) {
  const rough = (high - low) / most,
    power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough);
  const first = Math.ceil(low / step);
  const count = Math.floor(high / step) - first + 1;
  return Array.from({ length: Math.max(count, 0) }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

/** Return powers of ten between two ends, or 1, 2 and 5 times these where they are few; even ticks of a narrow range. */
export function logTicks(low, high, most) {
  if (low <= 0 || high / low < 4) return evenTicks(low, high, most);
  const powers = Array.from({ length: 40 }, (_, index) => 10 ** (index - 15));
  const within = (value) => value >= low && value <= high;
  const fine = powers.flatMap((power) => [power, 2 * power, 5 * power]).filter(within);
  if (fine.length <= most) return fine;
  const coarse = powers.filter(within);
  const every = Math.ceil(coarse.length / most);
  return coarse.filter((_, index) => index % every === 0);
}

const across = (axis, value) => `${Math.min(Math.max(axis.at(value), 0), 100).toFixed(3)}%`;

/** Return a dot with its interval on an axis, and a line where `mark` is. */
export function rangeBar(axis, { low = null, value, high = null, mark = null }, kind = "") {
  return drawing(
    "svg",
    { class: `range ${kind}`, width: "100%", height: "18", "aria-hidden": "true" },
    mark !== null &&
      drawing("line", { class: "mark", x1: across(axis, mark), x2: across(axis, mark), y1: "0", y2: "18" }),
    low !== null &&
      high !== null &&
      drawing("line", { class: "ends", x1: across(axis, low), x2: across(axis, high), y1: "9", y2: "9" }),
    value !== null && drawing("circle", { cx: across(axis, value), cy: "9", r: "4" }),
  );
}

/** Return ticks below bars that share an axis. */
export function tickRow(axis) {
  return drawing("svg", { class: "ticks", width: "100%", height: "18", "aria-hidden": "true" }, ticksAlong(axis, 13));
}

function ticksAlong(axis, y) {
  return axis.ticks
    .filter(([at]) => at >= 0 && at <= 100)
    .map(([at, words]) =>
      drawing("text", { x: `${at}%`, y, "text-anchor": at < 6 ? "start" : at > 94 ? "end" : "middle" }, words),
    );
}

/** Return the ends of a prediction's intervals on the scale that was learnt, the widest first: [level, low, high]. */
export function intervalEnds({ intervals }, scale) {
  const known = intervals.filter(({ lower, upper }) => lower !== null && upper !== null);
  return known
    .map(({ level, lower, upper }) => [level, scale.learnt(lower), scale.learnt(upper)])
    .sort(([left], [right]) => right - left);
}

/** Return an axis that predictions and their intervals fit on, and other values on the scale that was learnt. */
export function intervalAxis(predictions, scale, ticks, others = []) {
  const values = predictions.flatMap((prediction) => [
    prediction.learnt,
    ...intervalEnds(prediction, scale).flatMap(([, ...ends]) => ends),
  ]);
  return valueAxis([...values, ...others], scale, ticks);
}

/** Return a prediction with its intervals, the wider one thin; `marks` are [value on the learnt scale, words]. */
export function intervalPlot(prediction, scale, axis, marks = []) {
  const bars = intervalEnds(prediction, scale).map(([level, low, high], index) =>
    drawing(
      "line",
      {
        class: `interval level-${index}`,
        x1: across(axis, low),
        x2: across(axis, high),
        y1: "24",
        y2: "24",
      },
      drawing("title", {}, `${level} %`),
    ),
  );
  const drawn = marks.map(([value, words]) => [
    drawing("line", { class: "mark", x1: across(axis, value), x2: across(axis, value), y1: "14", y2: "34" }),
    words &&
      drawing("text", { class: "mark", x: across(axis, value), y: "9", "text-anchor": anchor(axis.at(value)) }, words),
  ]);
  return drawing(
    "svg",
    { class: "intervals", width: "100%", height: "62", "aria-hidden": "true" },
    drawing("line", { class: "axis", x1: "0", x2: "100%", y1: "42", y2: "42" }),
    ticksAlong(axis, 57),
    bars,
    drawn,
    drawing("circle", { cx: across(axis, prediction.learnt), cy: "24", r: "6" }),
  );
}

const anchor = (at) => (at < 25 ? "start" : at > 75 ? "end" : "middle");

/** Return points of two values each, on one axis both ways, with the line where both are the same. */
export function pointPlot(points, axis, { words, across: below, down, height = 340 }) {
  const area = height - 46;
  const y = (value) => ((area * (100 - axis.at(value))) / 100).toFixed(1);
  const marks = points.map(({ x, value, low = null, high = null, title = "" }) => [
    low !== null &&
      drawing("line", { class: "ends", x1: across(axis, x), x2: across(axis, x), y1: y(low), y2: y(high) }),
    drawing(
      "circle",
      { cx: across(axis, x), cy: y(value), r: low === null ? "3" : "5" },
      title && drawing("title", {}, title),
    ),
  ]);
  const grid = axis.ticks.map(([at]) =>
    drawing("line", {
      class: "grid",
      x1: "0",
      x2: "100%",
      y1: (area * (100 - at)) / 100,
      y2: (area * (100 - at)) / 100,
    }),
  );
  const left = axis.ticks.map(([at, tick]) =>
    drawing("text", { x: "12%", y: (area * (100 - at)) / 100 + 4, "text-anchor": "end" }, tick),
  );
  return drawing(
    "svg",
    { class: "points", width: "100%", height, role: "img", "aria-label": words },
    left,
    drawing(
      "svg",
      { x: "14%", y: "0", width: "84%", height: area, overflow: "visible" },
      grid,
      drawing("line", { class: "same", x1: "0", x2: "100%", y1: area, y2: "0" }),
      marks,
    ),
    drawing(
      "svg",
      { x: "14%", y: area, width: "84%", height: "46", overflow: "visible" },
      ticksAlong(axis, 18),
      drawing("text", { class: "axis-title", x: "50%", y: "40", "text-anchor": "middle" }, below),
    ),
    drawing("text", { class: "axis-title", x: "14%", y: "12", dx: "6" }, `↑ ${down}`),
  );
}
