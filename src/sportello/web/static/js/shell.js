// The frame: menus that close, the drawer of the phone, the theme's twin for Tabler. Pages work without it.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("js");

  // Tabler's few dark-only rules hang on an attribute; "as the device" keeps it in step with the device.
  if (root.classList.contains("theme-auto")) {
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const follow = () => {
      if (dark.matches) root.setAttribute("data-bs-theme", "dark");
      else root.removeAttribute("data-bs-theme");
      document.dispatchEvent(new CustomEvent("theme-changed"));
    };
    dark.addEventListener("change", follow);
    follow();
  }

  // Buttons that copy a number are shown where the browser lets a page copy.
  const copiers = () => {
    if (!navigator.clipboard) return;
    for (const button of document.querySelectorAll("button[data-copy][hidden]")) button.hidden = false;
  };
  document.addEventListener("click", async (event) => {
    const button = event.target instanceof Element ? event.target.closest("button[data-copy]") : null;
    if (!button) return;
    const word = button.querySelector("span");
    const before = word.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      return;
    }
    if (before === button.dataset.done) return;
    word.textContent = button.dataset.done;
    setTimeout(() => { word.textContent = before; }, 2500);
  });
  document.addEventListener("htmx:after:swap", copiers);
  copiers();

  const close = (menu, focus) => {
    menu.open = false;
    if (focus) menu.querySelector("summary").focus();
  };
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) close(menu, false);
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.target instanceof Element ? event.target.closest("details.menu[open]") : null;
    if (!menu) return;
    const items = [...menu.querySelectorAll("li a, li button")];
    const at = items.indexOf(document.activeElement);
    if (event.key === "Escape") {
      close(menu, true);
      event.stopPropagation();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const step = event.key === "ArrowDown" ? 1 : -1;
      items[(at + step + items.length) % items.length]?.focus();
      event.preventDefault();
    }
  });
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!(menu instanceof HTMLDetailsElement) || !menu.matches(".menu") || !menu.open) return;
    const list = menu.querySelector("ul").getBoundingClientRect();
    const room = window.innerHeight - menu.getBoundingClientRect().bottom;
    menu.classList.toggle("up", list.height + 8 > room && menu.getBoundingClientRect().top > list.height + 8);
  }, true);

  const side = document.getElementById("menu");
  const opener = document.querySelector("[data-drawer]");
  if (side && opener) {
    const veil = document.createElement("div");
    veil.className = "veil";
    const show = (open) => {
      side.classList.toggle("open", open);
      opener.setAttribute("aria-expanded", String(open));
      for (const part of document.querySelectorAll(".skip, .top, main")) part.inert = open;
      if (open) {
        document.body.append(veil);
        side.querySelector(".shut").focus();
      } else {
        veil.remove();
        opener.focus();
      }
    };
    opener.setAttribute("role", "button");
    opener.setAttribute("aria-expanded", "false");
    opener.setAttribute("aria-controls", "menu");
    opener.addEventListener("click", (event) => { event.preventDefault(); show(true); });
    opener.addEventListener("keydown", (event) => { if (event.key === " ") { event.preventDefault(); show(true); } });
    side.querySelector(".shut").addEventListener("click", (event) => { event.preventDefault(); show(false); });
    veil.addEventListener("click", () => show(false));
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && side.classList.contains("open")) show(false);
    });
    window.matchMedia("(min-width: 801px)").addEventListener("change", (wide) => {
      if (wide.matches && side.classList.contains("open")) show(false);
    });
  }

  // A request of htmx that found no server says so; what was typed stays.
  document.addEventListener("htmx:error", () => {
    const region = document.getElementById("messages");
    if (!region || !region.dataset.lost) return;
    const note = document.createElement("div");
    note.className = "note bad";
    note.setAttribute("role", "alert");
    note.textContent = region.dataset.lost;
    region.replaceChildren(note);
  });

  document.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-copy]") : null;
    if (!button) return;
    navigator.clipboard.writeText(button.dataset.copy).then(() => {
      const region = document.getElementById("heard");
      if (region) region.textContent = button.dataset.copied || "";
    });
  });
})();
