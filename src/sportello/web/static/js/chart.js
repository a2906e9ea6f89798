// Paired bars in euro, drawn from the JSON beside the chart. The table below holds the same numbers for everyone else.
(() => {
  "use strict";
  const language = document.documentElement.lang || "it";
  const euro = new Intl.NumberFormat(language, { maximumFractionDigits: 0, useGrouping: "always" });
  const HEIGHT = 216;

  const color = (box, name, alpha) => {
    const probe = document.createElement("i");
    probe.style.color = `var(${name})`;
    box.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return alpha ? found.replace("rgb(", "rgba(").replace(")", `, ${alpha})`) : found;
  };
  // A step that people count in, so that three or so of them reach the highest bar.
  const stepOf = (top) => {
    const rough = Math.max(top, 3) / 3;
    const magnitude = 10 ** Math.floor(Math.log10(rough));
    return [1, 2, 2.5, 5, 10].map((part) => part * magnitude).find((step) => step >= rough);
  };
  // The longest words that stand side by side without touching.
  const wordsFor = (box, data, font) => {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = font;
    const room = (box.clientWidth - 74) / data.labels.length - 6;
    const fits = (words) => words.every((word) => pen.measureText(word).width <= room);
    return [data.labels, data.short].find(fits) || data.short.map((word) => word.slice(0, 1));
  };

  const draw = (box) => {
    const data = JSON.parse(document.getElementById(box.dataset.chart).textContent);
    const series = data.series.map((row) => row.values.map((value) => (value === null ? null : Number(value))));
    const highest = Math.max(0, ...series.flat().filter((value) => value !== null));
    const step = stepOf(highest);
    const ticks = Array.from({ length: Math.max(Math.ceil(highest / step), 1) + 1 }, (_, index) => index * step);
    const top = ticks.at(-1);
    const places = data.labels.map((_, index) => index);
    const width = box.clientWidth - 8;
    const font = `12px ${getComputedStyle(box).fontFamily}`;
    const words = wordsFor(box, data, font);
    const bars = (side) => uPlot.paths.bars({ size: [0.36, 22], align: side, radius: 0.15, gap: 1 });
    const fills = [color(box, "--accent"), color(box, "--line-2", 0.5)];
    const sides = series.length === 1 ? [0] : [1, -1];
    const drawn = series.map((_, index) => ({ fill: fills[index], width: 0, paths: bars(sides[index]), points: { show: false } }));
    box.replaceChildren();
    new uPlot({
      width,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      padding: [8, 12, 0, 0],
      scales: { x: { time: false, range: [-0.6, places.length - 0.4] }, y: { range: [0, top] } },
      axes: [
        { values: (_, at) => at.map((index) => words[index] ?? ""), splits: () => places, font, stroke: color(box, "--ink-2"), grid: { show: false }, ticks: { show: false }, size: 26 },
        { values: (_, at) => at.map((value) => euro.format(value)), splits: () => ticks, font, stroke: color(box, "--ink-2"), grid: { stroke: color(box, "--line"), width: 1 }, ticks: { show: false }, size: 54 },
      ],
      series: [{}, ...drawn.reverse()],
    }, [places, ...[...series].reverse()], box);
  };

  const start = () => {
    for (const box of document.querySelectorAll("[data-chart]")) {
      box.classList.add("drawn");
      draw(box);
    }
  };
  let waiting;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(start, 150);
  });
  document.addEventListener("theme-changed", start);
  document.fonts.ready.then(start);
})();
