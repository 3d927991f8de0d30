// Runs in the front-end of the developer tools, attached to the page's tab, and takes out of it what a
// person would copy or save. Nothing is made here: the network panel's own handlers of "Copy as …" and
// "Export HAR …" run, and what they hand to the clipboard or to a file is kept.
(() => {
  const load = (path) => import(`${location.origin}/devtools/${path}`);

  async function panel() {
    const network = await load('panels/network/network.js');
    const view = network.NetworkPanel.NetworkPanel.instance().networkLogView;
    if (!view) throw new Error('the network panel has no view of its log');
    return view;
  }

  // ready shows the network panel, after which the log is kept.
  async function ready() {
    for (let i = 0; !document.querySelector('.root-view'); i++) { // the front-end is being built
      if (i === 300) throw new Error('the front-end shows nothing');
      await new Promise((done) => setTimeout(done, 100));
    }
    const ui = await load('ui/legacy/legacy.js');
    await ui.ViewManager.ViewManager.instance().showView('network');
    await panel();
    return true;
  }

  // copied calls an action and returns what it gives to the clipboard.
  async function copied(action) {
    const host = (await load('core/host/host.js')).InspectorFrontendHost.InspectorFrontendHostInstance;
    const texts = [];
    host.copyText = (text) => texts.push(text);
    try {
      await action();
    } finally {
      delete host.copyText;
    }
    if (texts.length !== 1) throw new Error(`${texts.length} texts were copied`);
    return texts[0];
  }

  async function forms(view, request) {
    return {
      bash: await copied(() => view.copyCurlCommand(request, 'unix')),
      cmd: await copied(() => view.copyCurlCommand(request, 'win')),
      powershell: await copied(() => view.copyPowerShellCommand(request)),
      fetch: await copied(() => view.copyFetchCall(request, 0)),
      node: await copied(() => view.copyFetchCall(request, 1)),
    };
  }

  async function allForms(view) {
    return {
      bash: await copied(() => view.copyAllCurlCommand('unix')),
      cmd: await copied(() => view.copyAllCurlCommand('win')),
      powershell: await copied(() => view.copyAllPowerShellCommand()),
      fetch: await copied(() => view.copyAllFetchCall(0)),
      node: await copied(() => view.copyAllFetchCall(1)),
    };
  }

  async function har(view, sanitize) {
    const {Writer} = await load('models/har/har.js');
    const {Progress} = await load('core/common/common.js');
    let text = '';
    const file = {write: async (part) => { text += part; }};
    await Writer.Writer.write(file, view.harRequests(), {sanitize}, new Progress.Progress());
    return text;
  }

  async function messages() {
    const sdk = await load('core/sdk/sdk.js');
    const targets = sdk.TargetManager.TargetManager.instance();
    return sdk.ConsoleModel.ConsoleModel.allMessagesUnordered(targets).map((m) => ({
      source: m.source, level: m.level, text: m.messageText, url: m.url ?? '',
      request: m.getAffectedResources()?.requestId ?? '',
    }));
  }

  // filtered fills in the panel's filter for an action, as one does who copies or exports what is listed.
  async function filtered(view, filter, action) {
    view.setTextFilterValue(filter);
    await new Promise((done) => setTimeout(done, 500));
    return action();
  }

  // everything is what the panel has to give. The filters are those of what is copied all at once and of
  // the two exports.
  async function everything(filters) {
    const view = await panel();
    const {NetworkLog} = await load('models/logs/logs.js');
    const wanted = (url) => filters.copied.includes(new URL(url).pathname.slice(1).split('.')[0]);
    const requests = [];
    for (const r of NetworkLog.NetworkLog.instance().requests()) {
      requests.push({
        id: r.requestId(), url: r.url(), method: r.requestMethod, preflight: r.isPreflightRequest(),
        cors: r.corsErrorStatus()?.corsError ?? '', forms: wanted(r.url()) ? await forms(view, r) : {},
      });
    }
    return {
      requests, messages: await messages(),
      all: await filtered(view, filters.all, () => allForms(view)),
      har: await filtered(view, filters.har, () => har(view, true)),
      sensitive: await filtered(view, filters.sensitive, () => har(view, false)),
    };
  }

  window.corsac = {ready, everything};
})();
