// What is marked, and what it comes to, said at once. Without this, the button “Add up” asks the practice.
(() => {
  "use strict";
  const form = document.getElementById("papers");
  if (!form) return;
  const live = JSON.parse(form.dataset.live);
  const all = document.getElementById("all");
  const boxes = [...form.querySelectorAll("input[name=paper]:not(:disabled)")];
  const count = document.getElementById("marked-count");
  const sum = document.getElementById("marked-sum");
  const language = { "zh-hans": "zh-Hans" }[document.documentElement.lang] || document.documentElement.lang;
  const plural = new Intl.PluralRules(language);

  const money = (cents) => {
    let whole = String(Math.floor(Math.abs(cents) / 100));
    if (whole.length >= live.least) whole = whole.replace(/\B(?=(\d{3})+$)/g, live.group);
    const digits = whole + live.decimal + String(Math.abs(cents) % 100).padStart(2, "0");
    return (cents < 0 ? live.minus : "") + live.money.replace("{n}", digits);
  };
  const counted = (n) => (live.forms[plural.select(n)] || live.forms.other || "{n}").replace("{n}", String(n));

  const show = () => {
    const marked = boxes.filter((box) => box.checked);
    const whole = all.checked;
    const n = whole ? live.count : marked.length;
    const cents = whole ? live.cents : marked.reduce((total, box) => total + Number(box.dataset.cents), 0);
    all.indeterminate = !whole && marked.length > 0;
    count.textContent = counted(n);
    sum.querySelector("bdi").textContent = money(cents);
  };

  all.addEventListener("change", () => {
    for (const box of boxes) box.checked = all.checked;
    show();
  });
  form.addEventListener("change", (event) => {
    if (event.target.name !== "paper") return;
    if (!event.target.checked) all.checked = false;
    else if (boxes.length === live.count && boxes.every((box) => box.checked)) all.checked = true;
    show();
  });
  // A browser that comes back to this page remembers what was marked.
  window.addEventListener("pageshow", show);
  show();
})();
