"use strict";
// Copy buttons appear only where the clipboard is there to take the text.
if (navigator.clipboard) {
  document.querySelectorAll("button.copy").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      var text = button.parentElement.querySelector("code").textContent;
      navigator.clipboard.writeText(text).then(function () {
        button.textContent = "Copied";
        window.setTimeout(function () { button.textContent = "Copy"; }, 1500);
      });
    });
  });
}

// The status is asked for again while the page is in view.
function refresh() {
  if (document.hidden) { return; }
  fetch("/readyz").then(function (answer) {
    return answer.json();
  }).then(function (body) {
    var state = body.state || body;
    var ready = document.getElementById("ready");
    ready.textContent = state.ready ? "ready" : "not ready";
    ready.className = state.ready ? "good" : "bad";
    document.getElementById("now").textContent = state.now;
  }).catch(function () {
    var ready = document.getElementById("ready");
    ready.textContent = "no answer";
    ready.className = "bad";
  });
}
window.setInterval(refresh, 10000);

// On paper nothing is folded away; what was closed before is closed after.
window.addEventListener("beforeprint", function () {
  document.querySelectorAll("details:not([open])").forEach(function (d) { d.dataset.folded = "yes"; d.open = true; });
});
window.addEventListener("afterprint", function () {
  document.querySelectorAll("details[data-folded]").forEach(function (d) { delete d.dataset.folded; d.open = false; });
});
