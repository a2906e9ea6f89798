// Forms: the error summary gets the focus, a repair fills its field, what was typed is not lost by leaving.
(() => {
  "use strict";
  document.querySelector(".err-sum")?.focus();

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("button[data-repair]") : null;
    if (!button) return;
    const field = document.getElementById(button.dataset.repair);
    if (!field) return;
    event.preventDefault();
    field.value = button.dataset.value;
    field.removeAttribute("aria-invalid");
    const wrap = button.closest(".field");
    wrap.classList.remove("bad", "warn");
    button.closest(".msg").remove();
    field.dispatchEvent(new Event("change", { bubbles: true }));
    field.focus();
  });

  let dirty = null;
  let leaving = false;
  document.addEventListener("input", (event) => {
    const form = event.target instanceof Element ? event.target.closest("form[data-guard]") : null;
    if (form) dirty = form;
  });
  document.addEventListener("submit", (event) => {
    if (event.target === dirty) leaving = true;
  });
  document.addEventListener("htmx:after:request", (event) => {
    if (dirty && event.target === dirty && (event.detail.ctx?.response?.status ?? 500) < 400) dirty = null;
  });
  window.addEventListener("beforeunload", (event) => {
    if (dirty && dirty.isConnected && !leaving) event.preventDefault();
  });
  window.addEventListener("pageshow", () => { leaving = false; });

  // A second press while the first is on its way does nothing.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.hasAttribute("hx-post") || form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    setTimeout(() => { delete form.dataset.sent; }, 4000);
  });
})();
