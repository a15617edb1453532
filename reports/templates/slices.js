"use strict";
// Search over features that stand in scripts beside the page, since a page that was opened as a file can't read files.
const slices = data("slices");
const sliceTexts = new Map(), sliceLoads = new Map();
const greenlightSlice = (name, content) => sliceTexts.set(name, content);

const loadSlice = (name) => {
  if (!sliceLoads.has(name)) {
    sliceLoads.set(name, new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = `${encodeURIComponent(slices.folder)}/${name}.js`;
      script.addEventListener("load", () => resolve(sliceTexts.get(name)));
      script.addEventListener("error", () => { sliceLoads.delete(name); reject(new Error(name)); });
      document.head.append(script);
    }));
  }
  return sliceLoads.get(name);
};

// The ranks, from 0, of the features whose name or role has every word.
const ranksWith = async (words, tell) => {
  const ranks = [], files = Math.ceil(slices.features / slices.names);
  for (let file = 0; file < files; file += 1) {
    const names = (await loadSlice(`names_${file}`)).toLowerCase();
    tell(Math.round((100 * (file + 1)) / files));
    if (!words.every((word) => names.includes(word))) continue;
    names.split("\n").forEach((line, at) => { if (words.every((word) => line.includes(word))) ranks.push(file * slices.names + at); });
  }
  return ranks;
};

const lineOf = async (kind, size, rank) => (await loadSlice(`${kind}_${Math.floor(rank / size)}`)).split("\n", (rank % size) + 1)[rank % size];

// Rows of the table of all values: feature, role, films and the numbers.
const sliceRows = (ranks) => Promise.all(ranks.map(async (rank) => [
  ...(await lineOf("names", slices.names, rank)).split("\t"),
  ...(await lineOf("rows", slices.rows, rank)).split(",").map((cell) => (cell === "" ? null : Number(cell))),
]));
