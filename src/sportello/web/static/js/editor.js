// The editor: what only pages without script need goes away, and the totals follow a change of the lines.
(() => {
  "use strict";
  const tidy = () => {
    for (const each of document.querySelectorAll("[data-noscript]")) each.hidden = true;
    const counted = document.querySelector("#totals .tot .num");
    const shown = document.querySelector("[data-total]");
    if (counted && shown && shown.textContent !== counted.textContent) shown.textContent = counted.textContent;
  };
  document.addEventListener("htmx:after:swap", (event) => {
    tidy();
    const target = event.target instanceof Element ? event.target : null;
    if (target && (target.id === "lines" || target.querySelector("#lines"))) document.body.dispatchEvent(new Event("recount"));
  });
  tidy();
})();
