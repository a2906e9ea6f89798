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
  const ceiling = (top) => {
    if (top <= 0) return 100;
    const magnitude = 10 ** Math.floor(Math.log10(top));
    return [1, 1.5, 2, 3, 4, 6, 8, 10].map((step) => step * magnitude).find((limit) => limit >= top);
  };

  const draw = (box) => {
    const data = JSON.parse(document.getElementById(box.dataset.chart).textContent);
    const series = data.series.map((row) => row.values.map((value) => (value === null ? null : Number(value))));
    const top = ceiling(Math.max(0, ...series.flat().filter((value) => value !== null)));
    const places = data.labels.map((_, index) => index);
    const width = box.clientWidth - 8;
    const words = width < 420 ? data.short : data.labels;
    const font = `12px ${getComputedStyle(box).fontFamily}`;
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
        { values: (_, at) => at.map((value) => euro.format(value)), splits: () => [0, top / 3, (top * 2) / 3, top].map(Math.round), font, stroke: color(box, "--ink-2"), grid: { stroke: color(box, "--line"), width: 1 }, ticks: { show: false }, size: 54 },
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
