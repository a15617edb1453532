// How good the network is on films that it has not learnt from: models side by side, calibration, coverage.

import { get } from "./api.js";
import { evenTicks, plainAxis, pointPlot, rangeBar, tickRow, valueAxis } from "./charts.js";
import { choice, element, table } from "./dom.js";
import { beside, counted, percent, plain, tickOf, whole } from "./format.js";

const MOST_POINTS = 2000; // that the interface gives
const NETWORK = "mlp"; // what the leaderboard calls it
const SHARE = 0.5; // numbers up to 1 have three decimals
const BY = { all: "all test films", year: "by year", prediction: "by prediction", names: "by names known" };

/** The view of how good the network is. */
export class GoodnessView {
  constructor(context) {
    Object.assign(this, context);
    this.node = element("div", {}, element("p", {}, "Loading …"));
    this.#load();
  }

  show() {}

  async #load() {
    try {
      const answer = await get("/goodness");
      this.level = answer.coverage[0]?.level;
      this.coverage = answer.coverage;
      this.node.replaceChildren(
        ...answer.sentences.map((sentence) => element("p", { class: "lede" }, sentence)),
        this.#board(answer.leaderboard),
        element("div", { class: "pair" }, this.#points(answer.points), this.#calibration(answer.calibration)),
        this.#covered(),
      );
    } catch (problem) {
      this.node.replaceChildren(element("p", { class: "problem" }, problem.message));
    }
  }

  #board(rows) {
    const sentence = "No scores: the run was not tested.";
    if (!rows.length) return card("board", "Models on the same films", [missing(sentence)]);
    const isLog = this.scale.log,
      score = rows.find(({ compared }) => compared)?.compared ?? (isLog ? "rmse_log1p" : "rmse");
    const unit = isLog ? this.run.scale : this.run.unit;
    const better = rows.map((row) => ({ ...row, low: row.difference_low_95, high: row.difference_high_95 }));
    const isCompared = ({ model, low }) => model !== NETWORK && typeof low === "number";
    const compared = better.filter(isCompared);
    const axis = plainAxis(
      [0, ...compared.flatMap(({ low, high, difference }) => [low, high, difference])],
      (value) => tickOf(value, 2),
      3,
    );
    const largest = Math.max(...compared.map(({ difference }) => Math.abs(difference)));
    const words = (number) => beside(number, largest);
    const cells = better.map((row) => [
      row.model === NETWORK ? `${row.model}, this network` : row.model,
      plain(row[score], 4),
      beside(row[isLog ? "r2_log1p" : "r2"], SHARE),
      beside(row.spearman, SHARE),
      isCompared(row)
        ? `${words(row.difference)} (${words(row.low)} to ${words(row.high)})`
        : row.model === NETWORK
          ? ""
          : "–",
      isCompared(row) ? rangeBar(axis, { low: row.low, value: row.difference, high: row.high, mark: 0 }) : "",
    ]);
    const headings = [
      "Model",
      ["RMSE", "number"],
      ["R²", "number"],
      ["Rank correlation", "number"],
      [`${NETWORK} less this model (95 % between)`, "number"],
      [tickRow(axis), "bars"],
    ];
    return card("board", "Models on the same films", [
      table(
        `Errors on test films${unit ? `, in ${unit}` : ""}. Differences are film by film; left of 0 ${NETWORK} errs less.`,
        headings,
        cells,
      ),
    ]);
  }

  #points(points) {
    const { scale, run } = this;
    const known = points.filter(({ actual, predicted }) => actual !== null && predicted !== null);
    if (!known.length) return card("points", "Predicted and actual", [missing("No test films were predicted.")]);
    const drawn = known.map(({ title, actual, predicted }) => ({
      x: scale.learnt(predicted),
      value: scale.learnt(actual),
      title: `${title ?? ""}: predicted ${scale.amount(predicted)}, actual ${scale.amount(actual)}`,
    }));
    const axis = valueAxis(
      drawn.flatMap(({ x, value }) => [x, value]),
      scale,
    );
    const drawnOf = known.length < MOST_POINTS ? "" : ", drawn at random";
    const words = `${counted(known.length, "test film")}${drawnOf}: predicted across, actual up; on the line both are the same.`;
    return card("points", "Predicted and actual", [
      element(
        "figure",
        {},
        pointPlot(drawn, axis, {
          words: `Predicted and actual ${run.target} of test films`,
          across: "predicted →",
          down: "actual",
        }),
        element("figcaption", {}, words),
      ),
    ]);
  }

  #calibration(groups) {
    const { scale } = this;
    if (!groups.length) return card("calibration", "Calibration", [missing("No test films were predicted.")]);
    const drawn = groups.map(({ predicted, actual, error, films }) => ({
      x: predicted,
      value: actual,
      low: actual - 1.96 * error,
      high: actual + 1.96 * error,
      title: counted(films, "film"),
    }));
    const axis = valueAxis(
      drawn.flatMap(({ x, low, high }) => [x, low, high]),
      scale,
    );
    const rows = groups.map(({ predicted, actual, films }) => [
      scale.amount(scale.inUnit(predicted)),
      scale.amount(scale.inUnit(actual)),
      whole(films),
    ]);
    return card("calibration", "Calibration", [
      element(
        "figure",
        {},
        pointPlot(drawn, axis, {
          words: "Mean actual by mean predicted of groups of test films",
          across: "mean predicted →",
          down: "mean actual",
        }),
        element(
          "figcaption",
          {},
          `Test films in ${groups.length} groups by prediction${scale.log ? ", means of logarithms" : ""}; bars are ` +
            "95 % intervals. On the line predictions are right on average.",
        ),
      ),
      element(
        "details",
        {},
        element("summary", {}, "As a table"),
        table(
          "Means of groups of test films",
          ["Mean predicted", ["Mean actual", "number"], ["Films", "number"]],
          rows,
        ),
      ),
    ]);
  }

  #covered() {
    const title = "How often films lie in their intervals";
    if (!this.coverage.length)
      return card("coverage", title, [
        missing(this.run.sentences.intervals ?? "No intervals were counted on test films."),
      ]);
    const levels = [...new Set(this.coverage.map(({ level }) => level))];
    const list = element("div", {});
    const show = () =>
      list.replaceChildren(
        ...Object.keys(BY)
          .map((by) => this.#coveredBy(by))
          .filter(Boolean),
      );
    show();
    return card("coverage", title, [
      choice(
        "Interval",
        levels.map((level) => [level, `${level} of 100`]),
        this.level,
        (value) => {
          this.level = Number(value);
          show();
        },
      ),
      list,
    ]);
  }

  #coveredBy(by) {
    const rows = this.coverage.filter((row) => row.by === by && row.level === this.level);
    if (!rows.length) return null;
    const axis = this.#shares();
    const cells = rows.map((row) => [
      this.#group(row),
      whole(row.films),
      percent(row.covered),
      `${percent(row.covered_low)} to ${percent(row.covered_high)}`,
      rangeBar(axis, { low: row.covered_low, value: row.covered, high: row.covered_high, mark: this.level / 100 }),
    ]);
    return table(
      `Films in their interval of ${this.level} of 100, ${BY[by]}`,
      ["Group", ["Films", "number"], ["In it", "number"], ["95 % between", "number"], [tickRow(axis), "bars"]],
      cells,
    );
  }

  #shares() {
    const least = Math.min(...this.coverage.filter(({ level }) => level === this.level).map((row) => row.covered_low));
    const low = Math.floor(10 * least) / 10;
    const at = (share) => (100 * (share - low)) / (1 - low);
    return { at, ticks: evenTicks(low, 1, 3).map((share) => [at(share), percent(share)]) };
  }

  #group({ by, group, low, high }) {
    if (group) return group;
    if (low === null) return "all";
    if (by === "year") return low === high ? String(low) : `${low} to ${high}`;
    return this.scale.range({ lower: low, upper: high });
  }
}

const missing = (sentence) => element("p", { class: "missing" }, sentence);

const card = (name, title, children) =>
  element(
    "section",
    { class: "card", "aria-labelledby": `${name}-heading` },
    element("h3", { id: `${name}-heading` }, title),
    children,
  );
