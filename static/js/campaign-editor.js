// The campaign editor: one of the four steps at a time, byte counters, pickers. Adding, removing and moving are the
// server's work (htmx), so that the form is the same without scripts.
const form = document.querySelector("#editor");
const links = [...document.querySelectorAll("[data-go]")];
const [back, next] = [form.querySelector("[data-back]"), form.querySelector("[data-next]")];
const LAST = links.length;

// ---- one step at a time: the style sheet shows the part that data-part names
const show = (number, focus) => {
  form.dataset.part = number;
  for (const link of links) {
    if (link.dataset.go === String(number)) link.setAttribute("aria-current", "step");
    else link.removeAttribute("aria-current");
  }
  back.hidden = number === 1;
  next.hidden = number === LAST;
  for (const button of form.querySelectorAll("[data-last]")) button.hidden = number !== LAST;
  if (focus) {
    scrollTo({ top: 0 });
    form.querySelector(`#part-${number} :is(input:not([type=hidden]), select, textarea, button)`)?.focus({ preventScroll: true });
  }
};
for (const link of links) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    show(Number(link.dataset.go), true);
  });
}
back.addEventListener("click", () => show(Number(form.dataset.part) - 1, true));
next.addEventListener("click", () => show(Number(form.dataset.part) + 1, true));
show(Number(form.dataset.firstBad) || Number(location.hash.replace("#part-", "")) || 1, false);
if (form.dataset.firstBad) form.querySelector(".field-error, .form-errors")?.scrollIntoView({ block: "center" });

// ---- WeCom counts bytes: a Chinese character has three
const encoder = new TextEncoder();
const count = (field) => {
  const most = Number(field.dataset.bytes);
  const size = encoder.encode(field.value.replaceAll("\r\n", "\n")).length;
  let line = field.parentElement.querySelector(".bytes");
  if (!line) {
    line = Object.assign(document.createElement("output"), { className: "bytes" });
    field.after(line);
  }
  line.textContent = `${size.toLocaleString()} / ${most.toLocaleString()} B`;
  line.classList.toggle("bytes-over", size > most);
};

// ---- pickers: the summary names what is ticked, the search field narrows the list
const pick = (picker) => {
  const shown = picker.querySelector("[data-picked]");
  const names = [...picker.querySelectorAll("input:checked")].map((box) => box.parentElement.textContent.trim());
  shown.textContent = names.length ? names.join(picker.dataset.comma) : picker.dataset.none;
};
const narrow = (field) => {
  const wanted = field.value.trim().toLowerCase();
  for (const option of field.closest("[data-picker]").querySelectorAll(".form-check")) {
    option.hidden = wanted !== "" && !option.textContent.toLowerCase().includes(wanted);
  }
};
const prepare = (root) => {
  for (const field of root.querySelectorAll("[data-bytes]")) count(field);
};
form.addEventListener("input", (event) => {
  if (event.target.matches("[data-bytes]")) count(event.target);
  if (event.target.matches("[data-filter]")) narrow(event.target);
  const picker = event.target.closest("[data-picker]");
  if (picker && event.target.type === "checkbox") pick(picker);
});
document.addEventListener("click", (event) => {
  for (const picker of form.querySelectorAll("[data-picker][open]")) {
    if (!picker.contains(event.target)) picker.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && form.querySelector("[data-picker][open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
document.addEventListener("htmx:afterSettle", (event) => prepare(event.target));
prepare(form);
