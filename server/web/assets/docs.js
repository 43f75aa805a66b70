"use strict";
// validatorUrl: null keeps Swagger UI from sending the document to a validator elsewhere.
window.addEventListener("load", function () {
  window.ui = SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    defaultModelsExpandDepth: 0,
    tryItOutEnabled: true,
    // Who has signed in on the front page asks with that credential, unless another one is given here.
    requestInterceptor: function (request) {
      var key = window.sessionStorage.getItem("parley-key");
      if (key && !request.headers.Authorization && new URL(request.url, location.href).origin === location.origin) {
        request.headers.Authorization = "Bearer " + key;
      }
      return request;
    },
    displayRequestDuration: true
  });
});
