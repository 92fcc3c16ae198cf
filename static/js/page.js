// What every page shares: toasts, questions before destructive actions, unsaved changes, list keys.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);

  // ---- toasts: gone by themselves after a while, errors stay until closed
  const age = (root) => {
    for (const line of root.querySelectorAll(".toast-line:not(.toast-error):not([data-aged])")) {
      line.dataset.aged = "";
      setTimeout(() => line.remove(), 6000);
    }
  };
  const complain = (text) => {
    const line = $("#toast-error").content.cloneNode(true);
    const place = $(".toast-text", line);
    place.textContent = text || place.dataset.default;
    $("#toasts").append(line);
  };
  document.addEventListener("DOMContentLoaded", () => age(document));
  document.addEventListener("htmx:load", (event) => age(event.target));
  document.addEventListener("htmx:responseError", (event) => complain(decodeURIComponent(event.detail.xhr.getResponseHeader("X-Reason") || "")));
  document.addEventListener("htmx:sendError", () => complain($("#toast-error").content.querySelector(".toast-text").dataset.offline));

  // a part that renews itself waits while a dialog asks: what the question is about must not go away
  document.addEventListener("htmx:beforeSwap", (event) => {
    if ($("dialog[open]") && event.target.matches("[hx-trigger^='every']")) event.detail.shouldSwap = false;
  });

  // a whole page where a part was asked for: the session has ended, and this is the login page
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!/^\s*<!doctype/i.test(event.detail.serverResponse)) return;
    event.detail.shouldSwap = false;
    location.reload();
  });

  // ---- dialogs: a link with data-dialog shows its page's form in place; a form with data-confirm asks first
  const dialog = $("#dialog");
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target === dialog && !dialog.open) dialog.showModal();
  });
  const ask = (form) => {
    $("#confirm-title").textContent = form.dataset.confirm;
    $("#confirm-text").textContent = form.dataset.confirmText || "";
    const yes = $("#confirm-yes");
    yes.dataset.usual ??= yes.textContent;
    yes.textContent = form.dataset.confirmYes || yes.dataset.usual;
    $("#confirm").returnValue = "";
    $("#confirm").showModal();
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-confirm]") || form.dataset.confirmed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const submitter = event.submitter;
    ask(form);
    $("#confirm").addEventListener("close", () => {
      if ($("#confirm").returnValue !== "yes") return;
      form.dataset.confirmed = "yes";
      form.requestSubmit(submitter);
      delete form.dataset.confirmed;
    }, { once: true });
  }, true);
  document.addEventListener("click", (event) => {
    const close = event.target.closest("[data-close]");
    if (close) (close.closest(".toast-line") ? close.closest(".toast-line").remove() : close.closest("dialog")?.close());
    if (close && close.tagName === "A" && close.closest("dialog")) event.preventDefault();
    if (event.target.matches("dialog")) event.target.close(); // the backdrop
  });

  // ---- a button with data-copy puts the text of what it names into the clipboard
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText($(button.dataset.copy).textContent);
    const label = button.querySelector("span");
    const usual = label.textContent;
    label.textContent = button.dataset.copied;
    setTimeout(() => { label.textContent = usual; }, 1500);
  });

  // ---- forms: one submit per click, unsaved changes warn, some selects answer at once
  let changed = false;
  document.addEventListener("input", (event) => {
    if (event.target.closest("form[data-unsaved]")) changed = true;
  });
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    changed = false;
    const button = event.submitter;
    if (!button || event.target.method === "dialog") return;
    button.classList.add("btn-loading");
    setTimeout(() => { button.disabled = true; }); // after its name and value have gone into the form
  });
  window.addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll(".btn-loading")) {
      button.classList.remove("btn-loading");
      button.disabled = false;
    }
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    for (const button of event.target.querySelectorAll?.(".btn-loading") || []) {
      button.classList.remove("btn-loading");
      button.disabled = false;
    }
  });
  window.addEventListener("beforeunload", (event) => {
    if (changed) event.preventDefault();
  });
  document.addEventListener("change", (event) => {
    if (event.target.closest("form[data-autosubmit]")) event.target.form.requestSubmit();
  });

  // ---- long choices: a field above them narrows them down
  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-narrow]")) return;
    event.stopPropagation();
    const wanted = event.target.value.trim().toLocaleLowerCase();
    for (const group of event.target.closest(".pick").querySelectorAll(".pick-group")) {
      const named = ($(".pick-name", group)?.textContent || "").toLocaleLowerCase().includes(wanted);
      let shown = 0;
      for (const option of group.querySelectorAll(".pick-option")) {
        option.hidden = !(named || option.textContent.toLocaleLowerCase().includes(wanted));
        shown += !option.hidden;
      }
      group.hidden = !shown;
    }
  }, true);

  // ---- filters: addresses without what was not asked for
  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.target.matches("form.filters")) return;
    const asked = event.detail.formData;
    for (const name of new Set([...asked.keys()])) {
      const given = asked.getAll(name).filter((value) => value !== "");
      asked.delete(name);
      for (const value of given) asked.append(name, value);
    }
    if (!asked.has("tag")) asked.delete("tags");
  });

  // ---- filter menus: say how many are chosen, one open at a time, closed by a click elsewhere or Escape
  document.addEventListener("change", (event) => {
    const menu = event.target.closest(".filter-menu");
    if (!menu) return;
    const chosen = menu.querySelectorAll("input[type=checkbox]:checked").length
      + [...menu.querySelectorAll("input[type=date]")].filter((input) => input.value).length;
    $("summary", menu).classList.toggle("filter-on", chosen > 0);
    const place = $("[data-chosen]", menu);
    if (place) place.textContent = chosen ? ` · ${chosen}` : "";
  });
  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll(".filter-menu[open], .who[open]")) if (menu !== except) menu.open = false;
  };
  document.addEventListener("click", (event) => closeMenus(event.target.closest(".filter-menu, .who")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target.closest(".filter-menu[open]");
    closeMenus();
    if (menu) $("summary", menu).focus();
  });

  // ---- tabs that fill a panel in place
  document.addEventListener("htmx:afterRequest", (event) => {
    const tab = event.detail.elt;
    if (!event.detail.successful || !tab.matches(".tabs a")) return;
    for (const other of tab.parentElement.children) other.removeAttribute("aria-current");
    tab.setAttribute("aria-current", "page");
  });

  // ---- lists: j/k or arrows move, Enter opens, / goes to the search field
  const typing = (target) => target.closest("input, textarea, select, [contenteditable], dialog[open]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "/") {
      const search = $("input[type=search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
      return;
    }
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const links = [...document.querySelectorAll("[data-list] a.row-link")];
    if (!links.length) return;
    const here = links.indexOf(document.activeElement);
    event.preventDefault();
    links[Math.max(0, Math.min(links.length - 1, here < 0 ? 0 : here + step))].focus();
  });
  document.addEventListener("click", (event) => { // the whole row leads where its link leads
    const row = event.target.closest("[data-list] tr");
    if (!row || event.target.closest("a, button, input, label, select, summary") || String(getSelection())) return;
    $("a.row-link", row)?.click();
  });
})();
