// The control page: asks the sandbox every 1.2 s and redraws what changed.

import { act, look, remove } from "/static/api.js";
import { full, h, words } from "/static/dom.js";
import { drawCustomer, drawStaff } from "/static/phones.js";

const at = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const state = {
  corp: asked.get("corp") || at("corp")?.value,
  customer: asked.get("customer") || "", staff: asked.get("staff") || "",
  thread: asked.get("staff") || "", tab: "tasks", q: "",
};
let view = null;
let drawn = {};
let busy = false;

const inCorp = (path) => `corps/${encodeURIComponent(state.corp)}/${path}`;

function say(text, kind = "") {
  at("banner").textContent = text || "";
  at("banner").className = `banner ${kind}`;
  at("banner").hidden = !text;
}

function confirmed(question) {
  const dialog = at("ask");
  at("ask-text").textContent = question;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/** Performs ``[path, body]`` as somebody in the corp, asks first if there is a question, then shows the outcome. */
async function run(deed, question = null, done = null, moved = false) {
  if (question && !(await confirmed(question))) return;
  await attempt(async () => {
    if (deed) await act(inCorp(deed[0]), deed[1]);
    if (deed || moved) await refresh();
    say(done);
  });
  drawn = {};
  draw();
}

async function attempt(deed) {
  try {
    await deed();
  } catch (error) {
    say(error instanceof TypeError ? words.offline : `${words.failed}: ${error.message}`, "bad");
  }
}

async function refresh() {
  const query = new URLSearchParams({ customer: state.customer, staff: state.staff, q: state.q });
  view = await look(inCorp(`view?${query}`));
  draw();
}

/** Redraws a part only if what it shows has changed, so that nothing moves under the pointer. */
function part(name, shown, redraw) {
  const key = JSON.stringify(shown);
  if (drawn[name] === key) return;
  drawn[name] = key;
  redraw();
}

function draw() {
  if (!view) return;
  const minute = view.clock.now.slice(0, 16);
  at("clock").textContent = full(view.clock.now);
  part("customers", [view.customers, view.customer?.external_userid], drawCustomers);
  part("staff", [view.staff, view.member?.userid], drawMembers);
  part("customer", [view.customer, view.staff.map((one) => one.name), state.thread, minute], () => drawCustomer(at("customer-phone"), view, state, run));
  part("member", [view.member, state.tab, minute], () => drawStaff(at("staff-phone"), view, state, run));
  part("ways", [view.contact_ways, view.join_ways, view.links, view.units], drawWays);
  part("faults", view.faults, drawFaults);
  part("callbacks", view.callbacks, drawCallbacks);
  at("people").checked = view.people;
}

function options(select, rows, chosen) {
  if (document.activeElement === select && select.value === chosen) return; // its list may be open
  select.replaceChildren(...rows.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
  select.value = chosen;
}

function drawCustomers() {
  const rows = view.customers.map((one) => [one.external_userid, one.name]);
  const chosen = view.customer?.external_userid || "";
  if (chosen && !rows.some((row) => row[0] === chosen)) rows.unshift([chosen, view.customer.name]);
  options(at("customer"), rows, chosen);
}

function drawMembers() {
  const rows = view.staff.map((one) => [one.userid, `${one.name} · ${one.title}${one.open_tasks ? ` (${one.open_tasks})` : ""}`]);
  options(at("staff"), rows, view.member?.userid || "");
}

function drawWays() {
  const ways = [...view.contact_ways.map(drawContactWay), ...view.join_ways.map(drawJoinWay), ...view.links.map(drawLink)];
  if (view.links.length) ways.push(drawUnits());
  at("ways").replaceChildren(...(ways.length ? ways : [h("p", { class: "muted" }, words.no_contact_ways)]));
}

function drawContactWay(way) {
  return drawWay(way, `/qr/${way.config_id}`, `${way.scans} ${words.scans}`, words.scan, () => meet({ config_id: way.config_id }));
}

function drawJoinWay(way) {
  return drawWay(way, `/join/${way.config_id}`, `${way.joins} ${words.joins}`, words.join_scan, () => enter(way.config_id));
}

function drawLink(link) {
  const way = { remark: link.link_name, state: link.available ? "" : words.ca_unavailable, config_id: link.link_id };
  return drawWay(way, `/ca/${link.link_id}`, `${link.customers} ${words.ca_customers}`, words.ca_arrive, () => meet({}, `acquisition/${link.link_id}/arrive`));
}

/** What is left of the units that customers by links use up. */
function drawUnits() {
  return h("p", { class: "muted" }, `${words.ca_units}: ${view.units} `,
    h("button", { type: "button", class: "button small", onclick: () => run(["acquisition/buy", { units: 100 }]) }, words.ca_buy));
}

function drawWay(way, address, count, label, onclick) {
  return h("article", { class: "way" },
    h("a", { href: address, target: "_blank", title: words.open_qr },
      h("img", { src: `${address}.png`, alt: words.open_qr, width: 72, height: 72 })),
    h("div", { class: "grow" },
      h("b", { dir: "auto" }, way.remark || way.state || way.config_id.slice(0, 8)),
      h("small", {}, `${way.state ? `${way.state} · ` : ""}${count}`),
      h("button", { type: "button", class: "button small primary", onclick }, label)));
}

/** Somebody new comes into a group; his phone comes to the front. */
async function enter(config_id) {
  await attempt(async () => {
    const came = await act(inCorp("join"), { config_id });
    Object.assign(state, { customer: came.external_userid, thread: "" });
    await refresh();
  });
}

/** Somebody new arrives; his phone and that of his staff come to the front. */
async function meet(scan, how = "scan") {
  await attempt(async () => {
    const met = await act(inCorp(how), scan);
    Object.assign(state, { customer: met.external_userid, staff: met.userid, thread: met.userid });
    await refresh();
  });
}

function drawFaults() {
  at("faults").replaceChildren(...Object.entries(view.faults).map(([name, fault]) => {
    const choose = (event) => attempt(() => act("faults", { [name]: { rate: Number(event.target.value) } }).then(refresh));
    const rates = [0, 0.05, 0.1, 0.3, 0.5, 1];
    if (!rates.includes(fault.rate)) rates.push(fault.rate);
    return h("label", { class: fault.rate ? "fault on" : "fault" },
      h("span", { class: "grow" }, words[`fault_${name}`], fault.hits ? h("small", {}, ` ×${fault.hits}`) : null),
      h("select", { onchange: choose }, rates.map((rate) =>
        h("option", { value: rate, selected: rate === fault.rate }, rate ? `${Math.round(rate * 100)}%` : words.off))));
  }));
}

function drawCallbacks() {
  at("callbacks").replaceChildren(...(view.callbacks.length
    ? view.callbacks.map((one) => h("li", { class: one.state }, h("code", {}, one.kind), h("small", {}, words[`state_${one.state}`])))
    : [h("li", { class: "muted" }, words.no_callbacks)]));
}

/** Seconds until the next ten o'clock in the corp's zone (UTC+8, no daylight saving). */
function untilTen() {
  const now = Date.parse(view.clock.now) / 1000;
  return 86400 - (((now - 2 * 3600) % 86400) + 86400) % 86400;
}

async function turn(seconds) {
  if (busy) return;
  busy = true;
  document.body.classList.add("turning");
  say(words.turning);
  await attempt(async () => {
    await act("clock", { advance: seconds });
    await refresh();
    say("");
  });
  document.body.classList.remove("turning");
  busy = false;
}

function listen() {
  at("corp").value = state.corp;
  at("corp").addEventListener("change", (event) => {
    Object.assign(state, { corp: event.target.value, customer: "", staff: "", thread: "", q: "" });
    attempt(refresh);
  });
  at("customer").addEventListener("change", (event) => { state.customer = event.target.value; state.thread = ""; attempt(refresh); });
  at("staff").addEventListener("change", (event) => { state.staff = event.target.value; attempt(refresh); });
  at("find").addEventListener("input", (event) => {
    Object.assign(state, { q: event.target.value, customer: "" });
    attempt(refresh);
  });
  at("walk-in").addEventListener("click", () => meet({ add_way: 2 }));
  at("people").addEventListener("change", (event) => attempt(() => act("people", { running: event.target.checked })));
  at("clear-faults").addEventListener("click", () => attempt(() => remove("faults").then(refresh)));
  for (const button of document.querySelectorAll("[data-advance]")) {
    button.addEventListener("click", () => turn(button.dataset.advance === "ten" ? untilTen() : Number(button.dataset.advance)));
  }
}

async function watch() {
  if (!busy && !document.hidden) {
    try {
      await refresh();
      if (at("banner").classList.contains("bad")) say("");
    } catch (error) {
      say(error instanceof TypeError ? words.offline : error.message, "bad");
    }
  }
  setTimeout(watch, 1200);
}

if (state.corp) {
  listen();
  watch();
}
