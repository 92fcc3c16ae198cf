// The task page: a line that is being finished shows it at once; a finished bundle closes the gap by itself.
document.addEventListener("htmx:beforeRequest", (event) => event.target.closest?.(".task")?.classList.add("task-leaving"));
for (const name of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(name, (event) => event.target.closest?.(".task")?.classList.remove("task-leaving"));
}
