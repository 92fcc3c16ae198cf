// Moments on the two phones: the customer's feed, and the tasks that ask staff to publish.

import { parts } from "/static/cards.js";
import { avatar, h, when, words } from "/static/dom.js";

/** The thread of the customer's phone that shows moments instead of a chat. */
export const MOMENTS = "@moments";

/** The posts that a customer sees; `names` are the staff's by userid. */
export function feed(customer, names, run) {
  const react = (post, kind) => () =>
    run([`customers/${encodeURIComponent(customer.external_userid)}/react`, { moment_id: post.moment_id, userid: post.userid, kind }]);
  return customer.moments.map((post) => h("article", { class: "post", "data-moment": post.moment_id },
    avatar(names[post.userid] || post.userid, post.userid),
    h("div", { class: "grow" },
      h("b", { dir: "auto" }, names[post.userid] || post.userid),
      parts(post),
      h("small", {}, when(post.at)),
      h("div", { class: "buttons" },
        h("button", { type: "button", class: "button small", onclick: react(post, "like") }, `${words.like} ${post.likes.length || ""}`),
        h("button", { type: "button", class: "button small", onclick: react(post, "comment") }, `${words.comment} ${post.comments.length || ""}`)))));
}

/** What a member has been asked to publish. */
export function momentTask(member, task, run) {
  const publish = () => run([`staff/${encodeURIComponent(member.userid)}/publish`, { moment_id: task.moment_id }]);
  return h("article", { class: task.open ? "task" : "task closed", "data-moment": task.moment_id },
    h("div", { class: "task-head" }, h("b", {}, words.moment_task), h("small", {}, when(task.at)),
      h("span", { class: "badge soft" }, task.public ? words.moment_public : words.moment_partly)),
    h("div", { class: "task-content" }, parts(task)),
    task.open
      ? h("button", { type: "button", class: "button primary wide", onclick: publish }, words.publish)
      : h("p", { class: "muted" }, task.published ? `${words.published} · ${task.customers} ${words.recipients}` : words.task_cancelled));
}
