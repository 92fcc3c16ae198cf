// Small things that every part of the page needs.

export const words = JSON.parse(document.getElementById("words").textContent);
export const language = document.documentElement.lang;

/** An element with properties and children; strings become text, never HTML. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const zone = "Asia/Shanghai";
const dayFormat = new Intl.DateTimeFormat(language, { timeZone: zone, month: "short", day: "numeric" });
const timeFormat = new Intl.DateTimeFormat(language, { timeZone: zone, hour: "2-digit", minute: "2-digit", hour12: false });
const fullFormat = new Intl.DateTimeFormat(language, {
  timeZone: zone, year: "numeric", month: "short", day: "numeric", weekday: "short",
  hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false,
});

/** Accepts an ISO string or unix seconds. */
export function moment(value) {
  return typeof value === "number" ? new Date(value * 1000) : new Date(value);
}
export const day = (value) => dayFormat.format(moment(value));
export const clockTime = (value) => timeFormat.format(moment(value));
export const full = (value) => fullFormat.format(moment(value));
export const when = (value) => `${day(value)} ${clockTime(value)}`;

/** The first visible character of a name, for an avatar. */
export function initial(name) {
  return [...(name || "?").trim()][0] || "?";
}

/** One of six calm colours that stays with the id. */
export function avatar(name, id) {
  let sum = 0;
  for (const letter of id) sum = (sum * 31 + letter.codePointAt(0)) >>> 0;
  return h("span", { class: `avatar tone-${sum % 6}`, "aria-hidden": "true" }, initial(name));
}
