// Talks to the control API; a refusal becomes an Error with the sandbox's sentence.

async function call(path, options) {
  const answer = await fetch(`/sandbox/api/${path}`, options);
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error || answer.statusText);
  return body;
}

export const look = (path) => call(path);
export const act = (path, body = {}) =>
  call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
export const remove = (path) => call(path, { method: "DELETE" });
