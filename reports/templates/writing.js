"use strict";
// How amounts, whole steps and factors are written; `text` and `data` are what every part of the page is made with.
const data = (name) => JSON.parse(document.getElementById(`${name}-data`).textContent);

const text = (tag, content, kind = "") => {
  const element = document.createElement(tag);
  element.textContent = content;
  if (kind) element.className = kind;
  return element;
};

// As `scientific` of datamodules/number_format.py: as a power of ten from a million on and below a ten thousandth.
const scientific = (value) => {
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-4 && size < 1e6)) return String(value);
  const [mantissa, power] = value.toExponential(2).split("e");
  return `${Number(mantissa)}×10${String(Number(power)).replace(/[-0-9]/g, (letter) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(letter)])}`;
};

const writers = ({ step, letter, decimals, log, money, unit }) => {
  const amount = (value) => {
    if (value === null) return "–";
    if (!money) return `${value}${unit ? ` ${unit}` : ""}`;
    const [size, sign] = [Math.abs(value), value < 0 ? "-" : ""];
    const [by, mark] = [[1e9, "B"], [1e6, "M"], [1e3, "K"]].find(([scale]) => size >= scale) || [1, ""];
    return `${sign}$${Number((size / by).toPrecision(3))}${mark}`;
  };
  // Whole steps add up exactly, and so do the numbers that are shown of them.
  const steps = (number) => {
    const size = (Math.abs(number) * step).toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    return `${number < 0 ? "−" : ""}${money && !log ? "$" : ""}${size}${letter}`;
  };
  const factor = (change) => `times ${Number(Math.exp(change).toPrecision(3)).toLocaleString("en", { maximumSignificantDigits: 3 })}`;
  const times = (number) => factor(number * step);
  return { amount, steps, times, factor };
};
