/* On the account page: proposes the browser's time zone, if it is another one than that of the form. */
"use strict";

(() => {
  const form = document.querySelector("[data-time-zone]");
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const select = form.elements.time_zone;
  if (!zone || select.value === zone || ![...select.options].some((option) => option.value === zone)) return;
  const proposal = form.querySelector("[data-proposal]");
  proposal.querySelector("strong").textContent = zone;
  proposal.hidden = false;
  proposal.querySelector("button").addEventListener("click", () => {
    select.value = zone;
    form.requestSubmit();
  });
})();
