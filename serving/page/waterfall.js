// How a prediction is made up: from the average film to this one, in round numbers that add up as they are shown.

import { drawing, element } from "./dom.js";
import { counted, plain } from "./format.js";

const MOST = 12; // parts that are shown, the others in one line

/** Return contributions as [name, words beside it, change], summed within columns or one by one, the largest first. */
export function parts(contributions, wholeColumns) {
  if (!wholeColumns)
    return contributions.map((part) => [...nameOf(part), part.contribution]);
  const sums = new Map();
  for (const { column, contribution } of contributions) sums.set(column, (sums.get(column) ?? 0) + contribution);
  return [...sums]
    .map(([column, sum]) => [column, "", sum])
    .sort((left, right) => Math.abs(right[2]) - Math.abs(left[2]));
}

function nameOf({ column, value, usual }) {
  if (value === null) return [column, "instead of the usual names"];
  if (usual) return [column, `not known (${plain(Number(value), 6)} is usual)`];
  return ["number of names", "missing"].includes(value) ? [column, value] : [value, column];
}

/**
 * Return the lines of a waterfall in whole steps: [name, words beside it, steps], what is left over last.
 *
 * start plus all steps is total. Each line is rounded on its own; what rounding leaves goes to the others, or without
 * any to the lines that were rounded off most, a step each.
 */
export function lines(all, start, total, step) {
  const rounded = all.map(([name, detail, change]) => ({
    name,
    detail,
    change: change / step,
    steps: Math.round(change / step),
  }));
  const shown = rounded.filter(({ steps }) => steps !== 0).slice(0, MOST);
  const others = all.length - shown.length;
  let left = total - start - shown.reduce((sum, { steps }) => sum + steps, 0);
  if (others) return [...shown.map(line), [`and ${counted(others, "other")}`, "", left]];
  const off = [...shown].sort((a, b) => (b.change - b.steps - (a.change - a.steps)) * Math.sign(left));
  for (let index = 0; left !== 0 && off.length; index += 1, left -= Math.sign(left)) {
    off[index % off.length].steps += Math.sign(left);
  }
  return shown.map(line);
}

const line = ({ name, detail, steps }) => [name, detail, steps];

/** Return the waterfall of a prediction as a table with bars. */
export function waterfall(prediction, scale, wholeColumns) {
  const [start, total] = [prediction.average, prediction.learnt].map((value) => Math.round(value / scale.step));
  const moved = lines(parts(prediction.contributions, wholeColumns), start, total, scale.step);
  const ends = moved.reduce((sums, [, , steps]) => [...sums, sums.at(-1) + steps], [start]);
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const at = (end) => (100 * (end - low)) / (high - low || 1);
  const rows = [
    row(
      "the average film",
      "",
      start,
      scale,
      [at(start), at(start)],
      scale.amount(scale.inUnit(prediction.average)),
      "whole",
    ),
    ...moved.map(([name, detail, steps], index) =>
      row(
        name,
        detail,
        steps,
        scale,
        [at(ends[index]), at(ends[index + 1])],
        scale.factor(steps * scale.step),
        steps < 0 ? "minus" : "plus",
      ),
    ),
    row("this film", "", total, scale, [at(total), at(total)], scale.amount(prediction.prediction), "whole"),
  ];
  const headings = ["", "", scale.stepUnit, scale.log && "multiplies"].filter((heading) => heading !== false);
  return element(
    "table",
    { class: "waterfall" },
    element("caption", {}, caption(scale)),
    element(
      "thead",
      {},
      element(
        "tr",
        {},
        headings.map((words, index) =>
          index === 0
            ? element("th", { scope: "col" }, "Part")
            : index === 1
              ? element("td", { class: "bars", "aria-hidden": "true" })
              : element("th", { scope: "col", class: "number" }, words),
        ),
      ),
    ),
    element("tbody", {}, rows),
  );
}

function caption(scale) {
  return scale.log
    ? `From the average film to this one, in logarithms, which add up; beside them what each multiplies ${scale.factorOf} by.`
    : "From the average film to this one: what each part adds. The numbers add up.";
}

function row(name, detail, steps, scale, [from, to], inUnit, kind) {
  const [left, width] = [Math.min(from, to), Math.max(Math.abs(to - from), 0.5)];
  const bar = drawing(
    "svg",
    { width: "100%", height: "16", "aria-hidden": "true" },
    drawing("rect", { x: `${Math.min(left, 99.5)}%`, y: "2", width: `${width}%`, height: "12", rx: "1.5" }),
  );
  const number = scale.steps(steps, kind === "whole" ? "" : "+");
  return element(
    "tr",
    { class: kind },
    element("th", { scope: "row" }, name, detail && element("span", { class: "detail" }, ` ${detail}`)),
    element("td", { class: "bars", "aria-hidden": "true" }, bar),
    element("td", { class: "number steps" }, number),
    scale.log && element("td", { class: "number" }, inUnit),
  );
}
