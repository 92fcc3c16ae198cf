// The two phones. Each `draw…` fills its element anew from what the sandbox answered.

import { appMessage } from "/static/app_messages.js";
import { parts } from "/static/cards.js";
import { avatar, clockTime, h, when, words } from "/static/dom.js";
import { feed, MOMENTS, momentTask } from "/static/moments.js";

/** Fills the phone. `key` says what is on the screen: for the same key the place is kept, otherwise `atEnd` decides. */
function frame(phone, clock, title, subtitle, body, foot, key = "", atEnd = false) {
  const old = phone.querySelector(".screen");
  const scroll = phone.dataset.key === key && old ? old.scrollTop : null;
  phone.dataset.key = key;
  phone.replaceChildren(
    h("div", { class: "status" }, h("span", {}, clockTime(clock)), h("span", { class: "notch" }), h("span", {}, "5G ▮▮▮")),
    h("div", { class: "title" }, h("b", { dir: "auto" }, title), h("small", {}, subtitle)),
    h("div", { class: "screen", tabindex: "0" }, body),
    h("div", { class: "foot" }, foot),
  );
  const screen = phone.querySelector(".screen");
  screen.scrollTop = scroll ?? (atEnd ? screen.scrollHeight : 0);
}

const empty = (text) => h("p", { class: "empty-state" }, text);

/** The customer's chat with one member of staff, or his moments; `state.thread` says which. */
export function drawCustomer(phone, view, state, run) {
  const customer = view.customer;
  if (!customer) return frame(phone, view.clock.now, words.nobody, "", [empty(words.nobody)], []);
  const names = Object.fromEntries(view.staff.map((member) => [member.userid, member.name]));
  const follows = customer.follows;
  const follow = follows.find((one) => one.userid === state.thread) || follows[0];
  const messages = customer.messages.filter((message) => !follow || message.userid === follow.userid);
  const tabs = h("div", { class: "threads", role: "tablist" }, follows.map((one) =>
    h("button", { type: "button", role: "tab", "aria-selected": String(one === follow && state.thread !== MOMENTS),
      class: one === follow && state.thread !== MOMENTS ? "thread on" : "thread",
      onclick: () => { state.thread = one.userid; run(null); } },
      avatar(names[one.userid] || one.userid, one.userid), names[one.userid] || one.userid)),
    customer.moments.length ? momentsTab(customer, state, run) : null);
  if (state.thread === MOMENTS) {
    return frame(phone, view.clock.now, customer.name, words.moments, [tabs, ...feed(customer, names, run)], [], `${customer.external_userid} ${MOMENTS}`);
  }
  const chat = messages.map((message) => [
    h("p", { class: "stamp" }, `${when(message.at)} · ${words[`kind_${message.kind}`]}`),
    parts(message).map((part) => h("div", { class: "line" }, avatar(names[message.userid], message.userid), part)),
  ]);
  const since = follow ? h("p", { class: "stamp" }, `${words.friend_since} ${when(follow.createtime)} · ${words[`rel_${follow.state}`]}`) : null;
  frame(phone, view.clock.now, customer.name, `${words.quota_left} ${customer.quota_left}`,
    [tabs, since, ...chat.flat(2), customer.transfer ? transferNotice(customer, names, run) : null, messages.length ? null : empty(words.no_messages)].filter(Boolean),
    follow ? customerActions(customer, follow, run) : [empty(words.no_friend)],
    `${customer.external_userid} ${follow?.userid} ${messages.length}`, true);
}

function momentsTab(customer, state, run) {
  const on = state.thread === MOMENTS;
  return h("button", { type: "button", role: "tab", "aria-selected": String(on), class: on ? "thread on" : "thread",
    onclick: () => { state.thread = MOMENTS; run(null); } },
    avatar(words.moments, MOMENTS), `${words.moments} ${customer.moments.length}`);
}

/** He is being handed over, and may refuse. */
function transferNotice(customer, names, run) {
  const { handover, takeover } = customer.transfer;
  const refuse = () => run([`customers/${encodeURIComponent(customer.external_userid)}/refuse_transfer`, {}]);
  return h("div", { class: "task" },
    h("p", {}, `${words.transfer_asked} ${names[handover] || handover} → ${names[takeover] || takeover}`),
    button(words.transfer_refuse, refuse, "small"));
}

function customerActions(customer, follow, run) {
  const path = `customers/${encodeURIComponent(customer.external_userid)}`;
  if (follow.state === "lost" || follow.state === "dropped") {
    return [button(words.add_again, () => run(["scan", { userid: follow.userid, external_userid: customer.external_userid, add_way: 2 }]), "primary")];
  }
  const leave = button(words.delete_staff, () => run([`${path}/delete_staff`, { userid: follow.userid }], words.sure_delete_staff));
  if (follow.state === "half") {
    return [button(words.confirm_half, () => run([`${path}/confirm_half`, { userid: follow.userid }]), "primary"), leave];
  }
  return [button(words.say_hi, () => run([`${path}/chat`, { userid: follow.userid }], null, words.said_hi)), leave];
}

function button(text, onclick, more = "") {
  return h("button", { type: "button", class: `button ${more}`, onclick }, text);
}

const tabs = {
  tasks: (member, run) => [
    ...member.moments.map((task) => momentTask(member, task, run)),
    ...member.tasks.map((task) => drawTask(member, task, run)),
  ],
  messages: (member, run) => member.app_messages.map((message) => appMessage(member, message, run)),
  customers: (member, run, state) => member.customers.map((one) => drawContact(member, one, run, state)),
};
const nothing = { tasks: "no_tasks", messages: "no_app_messages", customers: "nobody" };

/** The member's work phone; `state.tab` is tasks, messages or customers. */
export function drawStaff(phone, view, state, run) {
  const member = view.member;
  if (!member) return frame(phone, view.clock.now, words.staff, "", [], []);
  const rows = tabs[state.tab](member, run, state);
  const open = [...member.tasks, ...member.moments].filter((task) => task.open).length;
  const counts = { tasks: open, messages: 0, customers: 0 };
  frame(phone, view.clock.now, member.name, `${member.title} · ${member.userid}`,
    rows.length ? rows : [empty(words[nothing[state.tab]])],
    [h("div", { class: "tabbar", role: "tablist" }, Object.keys(tabs).map((tab) =>
      h("button", { type: "button", role: "tab", "aria-selected": String(tab === state.tab), "data-tab": tab,
        class: tab === state.tab ? "tab on" : "tab", onclick: () => { state.tab = tab; run(null); } },
        words[`tab_${tab}`], counts[tab] ? h("span", { class: "badge" }, String(counts[tab])) : null)))],
    `${member.userid} ${state.tab} ${open}`);
}

function drawTask(member, task, run) {
  const names = task.targets.slice(0, 8).map((target) => h("span", { class: "chip", dir: "auto" }, target.name || target.target));
  if (task.targets.length > 8) names.push(h("span", { class: "chip" }, `+${task.targets.length - 8}`));
  const head = [h("b", {}, `${task.targets.length} ${task.targets.length === 1 ? words.recipient : words.recipients}`), h("small", {}, when(task.at))];
  if (task.reminders) head.push(h("span", { class: "badge soft" }, `${words.reminded} ${task.reminders} ${words.times}`));
  return h("article", { class: task.open ? "task" : "task closed", "data-msgid": task.msgid },
    h("div", { class: "task-head" }, head),
    h("div", { class: "chips" }, names),
    h("div", { class: "task-content" }, parts(task)),
    task.open
      ? button(words.confirm, () => run([`staff/${encodeURIComponent(member.userid)}/confirm`, { msgid: task.msgid }]), "primary wide")
      : h("p", { class: "muted" }, outcome(task)));
}

function outcome(task) {
  if (task.cancelled && !task.send_time) return words.task_cancelled;
  const count = (status) => task.targets.filter((target) => target.status === status).length;
  const counts = [["done_sent", count(1)], ["done_not_a_friend", count(2)], ["done_capped", count(3)]];
  return `${words.task_done} · ${counts.filter((entry) => entry[1]).map(([key, n]) => `${words[key]} ${n}`).join(" · ")}`;
}

function drawContact(member, one, run, state) {
  const path = `staff/${encodeURIComponent(member.userid)}/delete_customer`;
  const canDelete = one.state !== "dropped";
  return h("div", { class: "contact" },
    h("button", { type: "button", class: "contact-name", onclick: () => { state.customer = one.external_userid; state.thread = member.userid; run(null, null, null, true); } },
      avatar(one.name, one.external_userid),
      h("span", { class: "grow" }, h("b", { dir: "auto" }, one.remark || one.name), h("small", {}, `${words[`rel_${one.state}`]} · ${when(one.createtime)}`))),
    one.state === "half" ? button(words.confirm_half, () => run([`customers/${encodeURIComponent(one.external_userid)}/confirm_half`, { userid: member.userid }]), "small") : null,
    canDelete ? button(words.delete_customer, () => run([path, { external_userid: one.external_userid }], words.sure_delete_customer), "small quiet") : null);
}

