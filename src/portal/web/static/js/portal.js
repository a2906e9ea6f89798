// Small comforts; every page works without them.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  // Tabler's few dark-only rules hang on an attribute: it follows the device.
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const follow = () => {
    if (dark.matches) root.setAttribute("data-bs-theme", "dark");
    else root.removeAttribute("data-bs-theme");
  };
  dark.addEventListener("change", follow);
  follow();

  // A form that had errors begins at what has to be put right.
  document.querySelector(".err-sum")?.focus();

  // A password can be looked at while it is typed.
  for (const button of document.querySelectorAll("button[data-show]")) {
    const field = document.getElementById(button.dataset.show);
    button.addEventListener("click", () => {
      const shown = field.type === "text";
      field.type = shown ? "password" : "text";
      button.setAttribute("aria-pressed", String(!shown));
    });
    button.form?.addEventListener("submit", () => { field.type = "password"; });
  }

  // A second click while the first is under way changes nothing.
  for (const form of document.querySelectorAll("form[data-once]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
    });
  }
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });
})();
