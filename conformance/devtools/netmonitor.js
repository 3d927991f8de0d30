// Runs in Firefox with the rights of its own code, and takes out of the Network panel what a person
// would copy or save: the panel's own handlers run, and what they put on the clipboard is read back.
const {require} = ChromeUtils.importESModule('resource://devtools/shared/loader/Loader.sys.mjs');
const {gDevTools} = require('devtools/client/framework/devtools');
const clipboard = require('resource://devtools/shared/platform/clipboard.js');
const src = 'devtools/client/netmonitor/src/';

// open opens the toolbox on the tab, with the Network panel in front.
async function open() {
  await gDevTools.showToolboxForTab(gBrowser.selectedTab, {toolId: 'netmonitor', hostType: 'bottom'});
  return true;
}

async function copied(action) {
  clipboard.copyString('');
  await action();
  return clipboard.getText();
}

// forms are the items "Copy as …" of a request's context menu; that of Windows is the one which has a
// platform to itself.
async function forms(menu, r) {
  const curl = (platform) => menu.copyAsCurl(
    r.id, r.url, r.method, r.httpVersion, r.requestHeaders, r.requestPostData, r.responseHeaders, platform);
  return {
    bash: await copied(() => curl('Linux')),
    cmd: await copied(() => curl('WINNT')),
    powershell: await copied(() => menu.copyAsPowerShell(r)),
    fetch: await copied(() => menu.copyAsFetch(r.id, r.url, r.method, r.requestHeaders, r.requestPostData)),
  };
}

// messages are what Firefox wrote to the console of pages.
function messages() {
  const all = [];
  for (const m of Services.console.getMessageArray()) {
    if (m instanceof Ci.nsIScriptError && !/chrome/.test(m.category)) {
      all.push({source: m.category, level: String(m.flags), text: m.errorMessage, url: m.sourceName, request: ''});
    }
  }
  return all;
}

async function everything(filters) {
  const panel = (await gDevTools.getToolboxForTab(gBrowser.selectedTab)).getPanel('netmonitor').panelWin;
  const {store, connector, windowRequire} = panel;
  const {getDisplayedRequests} = windowRequire(src + 'selectors/index');
  const actions = windowRequire(src + 'actions/index');
  const {HarMenuUtils} = windowRequire(src + 'har/har-menu-utils');
  const menu = new (windowRequire(src + 'widgets/RequestListContextMenu'))({connector});
  const listed = (filter) => {
    store.dispatch(actions.setRequestFilterText(filter));
    return getDisplayedRequests(store.getState());
  };
  const wanted = (url) => filters.copied.includes(new URL(url).pathname.slice(1).split('.')[0]);
  const requests = [];
  for (const r of listed('')) {
    const headers = r.requestHeaders ?? await connector.requestData(r.id, 'requestHeaders');
    requests.push({
      id: r.id, url: r.url, method: r.method,
      preflight: headers.headers.some((h) => /^access-control-request-method$/i.test(h.name)),
      cors: '', // the panel does not always know in time
      forms: wanted(r.url) ? await forms(menu, r) : {},
    });
  }
  const har = await copied(() => HarMenuUtils.copyAllAsHar(listed(filters.har), connector));
  return {requests, messages: messages(), har};
}
