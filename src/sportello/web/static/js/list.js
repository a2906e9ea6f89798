// Lists: choose some or all rows, with their count and sum.
(() => {
  "use strict";
  const language = document.documentElement.lang || "it";
  const money = (cents) => {
    const digits = new Intl.NumberFormat(language, { minimumFractionDigits: 2, useGrouping: "always" }).format(cents / 100);
    if (language.startsWith("it")) return `€\u00a0${digits}`;
    return language.startsWith("fr") ? `${digits}\u00a0€` : `€${digits}`;
  };

  // The boxes of a form, also of one that they name by `form=`: rows with menus of their own cannot stand inside it.
  const rows = (form) => [...form.elements].filter((box) => box.matches("input[type=checkbox][name=row]:not(:disabled)"));

  // Those that "select all" means: boxes set aside are ticked one by one, unless there are no others.
  const usual = (form) => {
    const boxes = rows(form);
    const found = boxes.filter((box) => !("aside" in box.dataset));
    return found.length > 0 ? found : boxes;
  };

  const paint = (form) => {
    const bar = form.querySelector("[data-bulk]");
    const boxes = rows(form);
    const chosen = boxes.filter((box) => box.checked);
    const meant = usual(form);
    const wholePage = meant.length > 0 && meant.every((box) => box.checked);
    const every = form.querySelector("input[name=everything]");
    const all = [...form.elements].find((box) => box.matches("input[data-all]"));
    for (const box of boxes) box.closest("tr").classList.toggle("sel", box.checked);
    if (all) {
      all.hidden = false;
      all.checked = wholePage;
      all.indeterminate = chosen.length > 0 && !wholePage;
    }
    if (!bar) return;
    const whole = every && every.checked;
    const count = whole ? Number(every.dataset.total) : chosen.length;
    bar.classList.add("live");
    bar.hidden = count === 0;
    bar.querySelector(".no-script")?.remove();
    const says = bar.querySelector("[data-count]");
    says.hidden = false;
    says.textContent = (count === 1 ? form.dataset.one : form.dataset.many).replace("%s", new Intl.NumberFormat(language).format(count));
    const sum = bar.querySelector("[data-sum]");
    const cents = chosen.reduce((total, box) => total + Number(box.dataset.cents || 0), 0);
    sum.hidden = whole || !chosen.some((box) => box.dataset.cents);
    sum.textContent = money(cents);
    if (every) every.closest("label").hidden = !whole && (!wholePage || Number(every.dataset.total) <= meant.length);
    bar.querySelector("[data-clear]").hidden = false;
  };

  const start = (scope) => {
    for (const form of scope.querySelectorAll("form[data-select]")) paint(form);
  };
  document.addEventListener("change", (event) => {
    const form = event.target instanceof HTMLInputElement ? event.target.form : null;
    if (!form || !form.matches("[data-select]")) return;
    if (event.target.matches("[data-all]")) {
      for (const box of event.target.checked ? usual(form) : rows(form)) box.checked = event.target.checked;
    }
    const every = form.querySelector("input[name=everything]");
    if (every && event.target !== every && !event.target.checked) every.checked = false;
    paint(form);
  });
  document.addEventListener("reset", (event) => {
    if (event.target.matches("form[data-select]")) setTimeout(() => paint(event.target));
  });
  document.addEventListener("htmx:after:swap", () => start(document));
  start(document);
})();
