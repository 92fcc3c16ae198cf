// Buttons that copy the text of the element that they name.
(() => {
  const copied = (button) => {
    const label = button.querySelector("span");
    button.dataset.usual ??= label.textContent;
    label.textContent = button.dataset.copied;
    setTimeout(() => { label.textContent = button.dataset.usual; }, 2000);
  };
  const select = (element) => {
    const range = document.createRange();
    range.selectNodeContents(element);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    select(source); // without the clipboard (plain HTTP) Ctrl-C does the rest
    try {
      await navigator.clipboard.writeText(source.textContent);
      copied(button);
    } catch { /* the text stays selected */ }
  });
})();
