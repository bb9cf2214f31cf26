/* global SwaggerUIBundle */
const ui = SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#api',
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null, // The default one is on another host.
  onComplete() {
    document.title = ui.specSelectors.info().get('title');
  },
});
