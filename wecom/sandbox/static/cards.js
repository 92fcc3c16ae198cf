// Messages as WeChat shows them: text bubbles and cards for images, links, mini programs, videos and files.

import { h, words } from "/static/dom.js";

function picture(mediaId, label) {
  if (!mediaId) return h("span", { class: "picture empty" }, label);
  const image = h("img", { class: "picture", src: `/media/${encodeURIComponent(mediaId)}`, alt: label });
  image.addEventListener("error", () => image.replaceWith(h("span", { class: "picture empty" }, label)));
  return image;
}

const kinds = {
  image: (image) => h("div", { class: "card image" }, picture(image.media_id, words.card_image)),
  link: (link) =>
    h("a", { class: "card link", href: safe(link.url), target: "_blank", rel: "noopener noreferrer" },
      h("b", { dir: "auto" }, link.title),
      h("span", { class: "card-body" }, h("small", { dir: "auto" }, link.desc || link.url), h("i", { class: "glyph" }, "↗"))),
  miniprogram: (program) =>
    h("div", { class: "card program" },
      h("small", {}, `${words.card_miniprogram} · ${program.appid}`),
      h("b", { dir: "auto" }, program.title),
      picture(program.pic_media_id, words.card_miniprogram)),
  voice: (voice) =>
    h("a", { class: "card file", href: `/media/${encodeURIComponent(voice.media_id)}` },
      h("i", { class: "glyph" }, "♪"), h("b", {}, words.card_voice)),
  video: () => h("div", { class: "card file" }, h("i", { class: "glyph" }, "▶"), h("b", {}, words.card_video)),
  file: (file) =>
    h("a", { class: "card file", href: `/media/${encodeURIComponent(file.media_id)}` },
      h("i", { class: "glyph" }, "📄"), h("b", {}, words.card_file)),
};

/** Only web addresses become links. */
export function safe(url) {
  return /^https?:\/\//i.test(url || "") ? url : undefined;
}

/** The parts of one message, each a bubble or a card. */
export function parts(content) {
  const shown = content.text ? [h("p", { class: "bubble", dir: "auto" }, content.text)] : [];
  for (const attachment of content.attachments || []) {
    const draw = kinds[attachment.msgtype];
    if (draw) shown.push(draw(attachment[attachment.msgtype] || {}));
  }
  return shown;
}
