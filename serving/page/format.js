// How numbers of the run's target are written: money in millions, logarithms as factors, steps that add up.

const SIZES = [
  [1e12, "trillion", "T"],
  [1e9, "billion", "B"],
  [1e6, "million", "M"],
  [1e3, "thousand", "K"],
  [1, "", ""],
];
const MINUS = "−";

const LONG = 1e15; // from here on numbers are written with a power of ten
const TINY = 1e-6; // likewise below
const LONG_BESIDE = 1e9; // likewise where several stand beside each other

/** Return the power of ten that a number has. */
const exponentOf = (number) => Number(number.toExponential(6).split("e")[1]);

/** Return a number as so many times a power of ten. */
function withPower(times, exponent) {
  const raised = [...String(exponent)].map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit] ?? "⁻").join("");
  return signed(`${times}×10${raised}`);
}

/** Return a number with so many significant digits, with commas from 10,000 on: years have none. */
export function plain(number, digits = 3, least = 10_000) {
  if (number === null || number === undefined || !Number.isFinite(number)) return "–";
  const size = Math.abs(number);
  if (size >= LONG || (size > 0 && size < TINY)) {
    return withPower(...number.toExponential(digits - 1).split("e").map(Number));
  }
  const rounded = Number(number.toPrecision(digits));
  const useGrouping = Math.abs(rounded) >= least;
  return signed(rounded.toLocaleString("en", { maximumSignificantDigits: Math.max(digits, 1), useGrouping }));
}

/** Return a number for a tick, with a letter where it is large. */
export function tickOf(number, digits = 3) {
  const [by, , letter] = SIZES.find(([least]) => least >= 1e6 && Math.abs(number) >= least) ?? SIZES.at(-1);
  return Math.abs(number) >= LONG ? plain(number, digits) : `${plain(number / by, digits)}${letter}`;
}

/** Return how many ticks numbers up to one have room for. */
export const ticksFor = (largest) => (Math.abs(largest) >= LONG ? 2 : 4);

/** Return a number with the decimals, or the power of ten, that the largest of its column takes for three digits. */
export function beside(number, largest) {
  if (typeof number !== "number") return "–";
  if (Math.abs(largest) >= LONG_BESIDE) {
    const exponent = exponentOf(largest);
    return withPower((number / 10 ** exponent).toFixed(2).replace(/^-(?=[0.]+$)/, ""), exponent);
  }
  const decimals = Math.min(Math.max(2 - Math.floor(Math.log10(Math.abs(largest) || 1)), 0), 8);
  const text = number.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  return signed(text.replace(/^-(?=[0.]+$)/, ""));
}

/** Return a whole number with commas. */
export const whole = (number) => (number === null ? "–" : number.toLocaleString("en"));

/** Return a count with its noun. */
export const counted = (number, noun) => `${whole(number)} ${noun}${number === 1 ? "" : "s"}`;

/** Return words with a stop, unless they end with one, as a company's name may. */
export const sentence = (words) => (words.endsWith(".") ? words : `${words}.`);

/** Return a share of 1 in per cent. */
export const percent = (share) => `${(100 * share).toFixed(0)} %`;

const signed = (text) => text.replace("-", MINUS);

/** The target's unit and the scale that contributions are on. */
export class Scale {
  constructor(run) {
    this.log = run.transform === "log1p";
    this.shift = run.shift;
    this.unit = run.unit;
    this.money = /^((us )?dollars?|usd|us\$|\$)$/i.test(run.unit.trim());
    const spread = run.std ?? (Math.abs(run.average ?? 1) || 1) / 4;
    this.step = this.log ? 0.01 : 10 ** Math.floor(Math.log10(spread / 50));
    const size = SIZES.find(([by]) => by <= Math.max(100 * this.step, 1)) ?? SIZES.at(-1);
    [this.by, this.word] = this.log ? [1, ""] : size;
    this.decimals = Math.max(0, Math.round(Math.log10(this.by / this.step)));
  }

  /** Return a value in the unit on the scale that was learnt. */
  learnt(value) {
    return this.log ? Math.log(Math.max(1 + this.shift + value, 1e-12)) : value;
  }

  /** Return in the unit what is on the scale that was learnt. */
  inUnit(learnt) {
    return this.log ? Math.exp(learnt) - 1 - this.shift : learnt;
  }

  /** Return a value in the unit in words, such as $285 million or 6.43 points. */
  amount(value, sign = "") {
    const number = this.number(value, sign);
    return this.money || !this.unit || value === null || value === undefined ? number : `${number} ${this.unit}`;
  }

  /** Return a value in the unit in words without the unit's name, for where that stands beside it. */
  number(value, sign = "") {
    if (value === null || value === undefined) return "no number";
    if (!sign && this.#isNothing(value)) return "$0";
    const mark = `${value < 0 ? MINUS : sign}${this.money ? "$" : ""}`;
    if (!this.log) return this.#joined(mark, this.#digits(Math.round(Math.abs(value) / this.step)), this.word);
    const size = Math.abs(Number(value.toPrecision(3)));
    const [by, word] = this.money ? (SIZES.find(([least]) => size >= least && least !== 1e3) ?? SIZES.at(-1)) : [1, ""];
    return this.#joined(mark, plain(Math.abs(value) / by, 3, this.money ? 0 : undefined), word);
  }

  /** Return the ends of an interval in words. */
  range({ lower, upper }, between = "to") {
    return `${this.number(lower)} ${between} ${this.amount(upper)}`;
  }

  /** Return a change of a prediction in words: in the unit, and what it multiplies. */
  change(difference, learnt) {
    if (difference === null) return "–";
    const added = this.number(difference, "+");
    return this.log ? `${added} (${this.factor(learnt)})` : added;
  }

  /** Return whole steps on the scale that was learnt as a number, whose sums are exact. */
  steps(number, sign = "") {
    const mark = number < 0 ? MINUS : number > 0 ? sign : "";
    if (this.log) return `${mark}${(Math.abs(number) * this.step).toFixed(2)}`;
    return `${mark}${this.money ? "$" : ""}${this.#digits(Math.abs(number))}`;
  }

  /** Return what parts add, for a heading. */
  get stepUnit() {
    const unit = this.log ? "in logarithms" : [this.word, this.money ? "" : this.unit].filter(Boolean).join(" ");
    return unit ? `adds, ${unit}` : "adds";
  }

  /** Return by what a change on the scale that was learnt multiplies the prediction; nothing where it is added. */
  factor(change) {
    if (!this.log) return "";
    const factor = Math.exp(change);
    return `× ${factor < 1000 && factor >= TINY ? factor.toPrecision(3) : plain(factor)}`;
  }

  /** Return a spread of predictions in words. */
  spread(deviation) {
    return this.log ? `a factor of ${plain(Math.exp(deviation))}` : this.amount(deviation);
  }

  /** Return what factors multiply. */
  get factorOf() {
    return this.money ? "the prediction" : `the prediction plus ${plain(1 + this.shift)}`;
  }

  /** Return a value in the unit for a tick. */
  tick(value) {
    if (this.#isNothing(value)) return "$0";
    const size = Math.abs(value);
    const [by, , letter] = this.money ? (SIZES.find(([least]) => size >= least) ?? SIZES.at(-1)) : [1, "", ""];
    return `${value < 0 ? MINUS : ""}${this.money ? "$" : ""}${plain(size / by)}${letter}`;
  }

  /** Tell whether an amount of money is below zero for its logarithm alone, which ends at -1: nobody lost a dollar. */
  #isNothing(value) {
    return this.money && this.log && this.shift === 0 && value < 0 && value > -1;
  }

  #digits(steps) {
    const digits = { minimumFractionDigits: this.decimals, maximumFractionDigits: this.decimals };
    return ((steps * this.step) / this.by).toLocaleString("en", digits);
  }

  #joined(mark, number, word) {
    return `${mark}${number}${word ? ` ${word}` : ""}`;
  }
}
