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

// The credential stays in this tab's session storage, where the documentation finds it too. It is in no URL and no
// cookie, so no other site can have it sent.
var storedKey = "parley-key";
function bearer() {
  var key = window.sessionStorage.getItem(storedKey);
  return key ? { Authorization: "Bearer " + key } : {};
}
var form = document.getElementById("sign");
function signed(text, inside) {
  document.getElementById("signed").textContent = text;
  document.getElementById("sign-out").hidden = !inside;
  document.getElementById("sign-in").hidden = inside;
  document.getElementById("key").hidden = inside;
  form.querySelector("label").hidden = inside;
}
function signIn() {
  fetch("/v1/me", { headers: bearer(), cache: "no-store", credentials: "omit" }).then(function (answer) {
    if (answer.ok) {
      signed("Signed in.", true);
      refresh();
      return;
    }
    window.sessionStorage.removeItem(storedKey);
    signed(answer.status === 401 ? "This credential is not taken: it is unknown, or has ended." : "The server answered " + answer.status + ".", false);
  }).catch(function () { signed("The server does not answer.", false); });
}
if (form) {
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var field = document.getElementById("key");
    window.sessionStorage.setItem(storedKey, field.value.trim());
    field.value = "";
    signIn();
  });
  document.getElementById("sign-out").addEventListener("click", function () {
    window.sessionStorage.removeItem(storedKey);
    signed("Signed out.", false);
  });
  if (window.sessionStorage.getItem(storedKey)) { signIn(); }
}

// The status is asked for again while the page is in view.
function refresh() {
  if (document.hidden) { return; }
  fetch("/readyz", { headers: bearer(), credentials: "omit" }).then(function (answer) {
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
