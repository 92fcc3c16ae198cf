// Messages of the app as WeCom's client shows them to staff. Interactive cards can be pressed.

import { parts, safe } from "/static/cards.js";
import { h, when, words } from "/static/dom.js";

const media = (message) => parts({ attachments: [{ msgtype: message.msgtype, [message.msgtype]: message }] });

function article(one) {
  return h("article", { class: "textcard" }, h("b", { dir: "auto" }, one.title), h("p", { dir: "auto" }, one.description),
    one.url ? h("a", { href: safe(one.url), target: "_blank", rel: "noopener" }, words.open_link) : null);
}

const kinds = {
  text: (message) => h("p", { class: "bubble wide", dir: "auto" }, message.content),
  markdown: (message) => h("p", { class: "bubble wide", dir: "auto" }, message.content),
  textcard: (message) => h("article", { class: "textcard" }, h("b", { dir: "auto" }, message.title),
    h("p", { dir: "auto" }, message.description),
    h("a", { href: safe(message.url), target: "_blank", rel: "noopener" }, message.btntxt || words.open_link)),
  news: (message) => message.articles.map(article),
  mpnews: (message) => message.articles.map(article),
  image: media, voice: media, video: media, file: media,
  miniprogram_notice: (message) => h("article", { class: "textcard" }, h("small", {}, `${words.card_miniprogram} · ${message.appid}`),
    h("b", { dir: "auto" }, message.title), h("p", { dir: "auto" }, message.description), rows(message.items)),
  template_card: (message, press) => card(message, press),
  recalled: () => h("p", { class: "muted" }, words.recalled),
};

function rows(pairs) {
  if (!pairs.length) return null;
  return h("dl", { class: "rows" }, pairs.map(([key, value]) => [h("dt", { dir: "auto" }, key), h("dd", { dir: "auto" }, value)]).flat());
}

function card(message, press) {
  const given = message.card;
  const questions = [given.checkbox, given.button_selection, ...(given.select_list || [])].filter(Boolean);
  const title = given.main_title || {};
  return h("form", { class: "textcard", onsubmit: (event) => event.preventDefault() },
    given.source?.desc ? h("small", { dir: "auto" }, given.source.desc) : null,
    title.title ? h("b", { dir: "auto" }, title.title) : null,
    title.desc ? h("p", { dir: "auto" }, title.desc) : null,
    given.emphasis_content?.title ? h("p", { class: "emphasis", dir: "auto" }, given.emphasis_content.title) : null,
    given.sub_title_text ? h("p", { dir: "auto" }, given.sub_title_text) : null,
    (given.vertical_content_list || []).map((one) => h("p", { dir: "auto" }, [one.title, one.desc].filter(Boolean).join("：")) ),
    rows((given.horizontal_content_list || []).map((row) => [row.keyname, row.value || ""])),
    [...(given.jump_list || []), ...(given.card_action?.url ? [{ ...given.card_action, title: words.open_link }] : [])].map((jump) =>
      h("a", { href: safe(jump.url), target: "_blank", rel: "noopener", dir: "auto" }, jump.title)),
    questions.map(question),
    buttons(message, press),
    menu(given, press, message));
}

function question(one) {
  return h("label", {}, h("small", { dir: "auto" }, one.title || ""),
    h("select", { name: one.question_key, multiple: Boolean(one.mode) }, one.option_list.map((option) =>
      h("option", { value: option.id, selected: option.is_checked || option.id === one.selected_id, dir: "auto" }, option.text))));
}

function buttons(message, press) {
  if (message.closed) return h("p", { class: "muted", dir: "auto" }, message.closed);
  const given = [...(message.card.button_list || []), ...(message.card.submit_button ? [message.card.submit_button] : [])];
  if (!given.length) return null;
  return h("div", { class: "buttons" }, given.map((one) => one.type
    ? h("a", { class: "button small", href: safe(one.url), target: "_blank", rel: "noopener", dir: "auto" }, one.text)
    : h("button", { type: "button", class: "button small primary", dir: "auto", onclick: (event) => press(message, one.key, chosen(event)) }, one.text)));
}

function menu(given, press, message) {
  const actions = given.action_menu?.action_list || [];
  if (!actions.length || message.closed) return null;
  return h("div", { class: "buttons" }, actions.map((action) =>
    h("button", { type: "button", class: "button small quiet", dir: "auto", onclick: () => press(message, action.key, []) }, action.text)));
}

/** What is chosen in the card whose button was pressed. */
function chosen(event) {
  return [...event.currentTarget.closest("form").querySelectorAll("select")].map((select) => ({
    question_key: select.name, option_ids: [...select.selectedOptions].map((option) => option.value),
  }));
}

/** One message with its time; `run` performs what the member presses. */
export function appMessage(member, message, run) {
  const path = `staff/${encodeURIComponent(member.userid)}/press`;
  const press = (pressed, key, answers) => run([path, { msgid: pressed.msgid, key, chosen: answers }], null, words.pressed);
  const draw = kinds[message.msgtype];
  return h("div", {}, h("p", { class: "stamp" }, when(message.at)), draw ? draw(message, press) : null);
}
