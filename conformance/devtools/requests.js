// The requests of the page, one after another. each(name) gives them to the tool: what was asked for,
// and what script saw of it. "saw" is
//
//   allowed  script may read the response
//   opaque   it got one and may not read it
//   blocked  it got none, for whatever reason
(() => {
  const page = 'http://localhost:48101', api = 'http://127.0.0.1:48102', other = 'http://127.0.0.1:48103';
  const secure = 'https://localhost:48104', closed = 'http://127.0.0.1:48109';

  // What shells, JSON and PowerShell give a meaning to.
  const nasty = `it's "quoted" \\back\\slash ! !! %PATH% %20 ^caret & | < > ; $HOME \${x} \`id\` $(id)\n` +
    'second line\r\nthird\ttab {a,b} [1-3] *?~# @ = é ü 日本 😀 \u00a0nbsp \u2028 end';

  const file = new File([new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 0xff, 0xfe])], `fox's "den".png`, {type: 'image/png'});
  const form = (parts) => parts.reduce((all, [name, ...rest]) => (all.append(name, ...rest), all), new FormData());
  const high = new Uint8Array(128).map((_, i) => 0x80 + i);
  const json = {'Content-Type': 'application/json'};

  const allowed = async (response) => {
    await response.arrayBuffer();
    return response.type.startsWith('opaque') ? 'opaque' : 'allowed';
  };
  const outcome = (target, good, bad) => new Promise((resolve, reject) => {
    target.addEventListener(good, resolve, {once: true});
    target.addEventListener(bad, () => reject(new Error(`${bad} event`)), {once: true});
  });
  const element = (tag, kind, attributes) => (url) => ({
    kind, method: 'GET',
    mode: attributes.crossOrigin != null || attributes.type === 'module' ? 'cors' : 'no-cors',
    credentials: attributes.crossOrigin != null || attributes.type === 'module' ? 'same-origin' : 'include',
    async go() {
      const e = Object.assign(document.createElement(tag), attributes);
      const done = outcome(e, 'load', 'error');
      if (tag === 'link') e.href = url; else e.src = url;
      document.body.append(e);
      await done;
      return this.mode === 'cors' ? 'allowed' : 'opaque';
    },
  });
  const fetching = (init = {}) => (url) => ({
    kind: 'fetch', method: init.method ?? 'GET', mode: init.mode ?? 'cors', credentials: init.credentials ?? 'same-origin',
    go: async () => allowed(await fetch(url, init)),
  });
  const xhr = (method, {headers = {}, body, credentials = false} = {}) => (url) => ({
    kind: 'xhr', method, mode: 'cors', credentials: credentials ? 'include' : 'same-origin',
    async go() {
      const x = new XMLHttpRequest();
      x.open(method, url);
      x.withCredentials = credentials;
      for (const [name, value] of Object.entries(headers)) x.setRequestHeader(name, value);
      const done = outcome(x, 'load', 'error');
      x.send(body);
      await done;
      return 'allowed';
    },
  });
  const socket = (url) => ({
    kind: 'websocket', method: 'GET', mode: 'websocket', credentials: 'include',
    async go() {
      const s = new WebSocket(url);
      await outcome(s, 'open', 'error');
      const done = outcome(s, 'message', 'error');
      s.send(`hello "it's" é`);
      await done;
      s.close();
      return 'allowed';
    },
  });
  const events = (init) => (url) => ({
    kind: 'eventsource', method: 'GET', mode: 'cors', credentials: init.withCredentials ? 'include' : 'same-origin',
    async go() {
      const s = new EventSource(url, init);
      try {
        await outcome(s, 'tick', 'error');
      } finally {
        s.close();
      }
      return 'allowed';
    },
  });
  const beacon = (body) => (url) => ({
    kind: 'beacon', method: 'POST', mode: 'no-cors', credentials: 'include',
    async go() {
      navigator.sendBeacon(url, body);
      await new Promise((done) => setTimeout(done, 300));
      return 'opaque';
    },
  });
  const font = (url) => ({
    kind: 'font', method: 'GET', mode: 'cors', credentials: 'same-origin',
    async go() {
      await new FontFace('den', `url("${url}")`).load();
      return 'allowed';
    },
  });
  // A frame makes the fetch, and says what it saw.
  const framed = (src, sandbox, init = {}) => (url) => ({
    kind: 'fetch', method: init.method ?? 'GET', mode: 'cors', credentials: 'same-origin',
    async go() {
      const frame = document.createElement('iframe');
      if (sandbox) frame.sandbox = 'allow-scripts';
      const said = new Promise((resolve) => addEventListener('message', (m) => resolve(m.data), {once: true}));
      frame.src = `${src}#${encodeURIComponent(JSON.stringify([url, init]))}`;
      document.body.append(frame);
      const {saw, error} = await said;
      if (error) throw new Error(error);
      return saw;
    },
  });

  const requests = [
    ['login', `${api}/login`, fetching({method: 'POST', credentials: 'include', body: new URLSearchParams([['user', 'fox']])})],
    ['same-origin', `${page}/same-origin`, fetching()],
    ['same-origin-post', `${page}/same-origin-post`, fetching({method: 'POST', headers: json, body: '{"a":1}'})],
    ['get', `${api}/get`, fetching()],
    ['get-header', `${api}/get-header`, fetching({headers: {'Authorization': 'Bearer s3cr3t.t0ken-~', 'X-Request-ID': `it's "7" 100% $x`, 'X-Empty': ''}})],
    ['put-json', `${api}/put-json`, fetching({method: 'PUT', headers: json, body: JSON.stringify({text: nasty, n: 1})})],
    ['post-json', `${api}/post-json`, fetching({method: 'POST', headers: json, body: '{"name":"fox","tags":["a","b"],"n":1.5}'})],
    ['post-nasty', `${api}/post-nasty`, fetching({method: 'POST', body: nasty})],
    ['post-control', `${api}/post-control`, fetching({method: 'POST', body: 'nul \0 bell \x07 esc \x1b del \x7f c1 \x85 end'})],
    ['post-lines', `${api}/post-lines`, fetching({method: 'POST', body: 'one\ntwo\r\nthree\rfour\n'})],
    ['post-at', `${api}/post-at`, fetching({method: 'POST', body: '@/etc/hostname'})],
    ['post-empty', `${api}/post-empty`, fetching({method: 'POST'})],
    ['form', `${api}/form`, fetching({method: 'POST', body: new URLSearchParams([['a', '1 & 2'], ['q', `it's 100% é`], ['empty', '']])})],
    ['multipart', `${api}/multipart`, fetching({method: 'POST', body: form([['title', `it's "é"`], ['upload', file]])})],
    ['multipart-text', `${api}/multipart-text`, fetching({method: 'POST', body: form([['a', '1'], ['b', 'two\nlines']])})],
    ['binary', `${api}/binary`, fetching({method: 'POST', headers: {'Content-Type': 'application/octet-stream'}, body: high})],
    ['blob', `${api}/blob`, fetching({method: 'POST', body: new Blob(['blob text'], {type: 'text/plain'})})],
    ['patch', `${api}/patch`, fetching({method: 'PATCH', headers: {'Content-Type': 'application/merge-patch+json'}, body: '{}'})],
    ['delete', `${api}/delete`, fetching({method: 'DELETE'})],
    ['delete-body', `${api}/delete-body`, fetching({method: 'DELETE', headers: json, body: '{"id":7}'})],
    ['credentials', `${api}/credentials`, fetching({credentials: 'include'})],
    ['credentials-put', `${api}/credentials-put`, fetching({method: 'PUT', credentials: 'include', headers: json, body: '{}'})],
    ['credentials-star', `${api}/credentials-star`, fetching({credentials: 'include'})],
    ['credentials-refused', `${api}/credentials-refused`, fetching({credentials: 'include'})],
    ['credentials-omit', `${api}/credentials-omit`, fetching({credentials: 'omit'})],
    ['no-cors', `${api}/no-cors`, fetching({mode: 'no-cors'})],
    ['no-cors-post', `${api}/no-cors-post`, fetching({mode: 'no-cors', method: 'POST', credentials: 'include', body: 'plain'})],
    ['query', `${api}/query?a[]=1&b={x}&c=%20%25&d='q'&e="&f=$HOME&g=^&h=!&i=é&j=a,b;c|d#fragment`, fetching()],
    ['xhr', `${api}/xhr`, xhr('GET')],
    ['xhr-post', `${api}/xhr-post`, xhr('POST', {headers: {...json, 'X-Requested-With': 'XMLHttpRequest'}, body: '{"é":"\'"}'})],
    ['xhr-credentials', `${api}/xhr-credentials`, xhr('GET', {credentials: true})],
    ['xhr-no-acao', `${api}/xhr-no-acao`, xhr('GET')],
    ['image', `${api}/image.png`, element('img', 'img', {})],
    ['image-cors', `${api}/image-cors.png`, element('img', 'img', {crossOrigin: 'anonymous'})],
    ['image-no-acao', `${api}/image-no-acao.png`, element('img', 'img', {crossOrigin: 'anonymous'})],
    ['script', `${api}/script.js`, element('script', 'script', {})],
    ['module-no-acao', `${api}/module-no-acao.js`, element('script', 'script', {type: 'module'})],
    ['style', `${api}/style.css`, element('link', 'style', {rel: 'stylesheet'})],
    ['font-no-acao', `${api}/font-no-acao.woff2`, font],
    ['redirect', `${api}/redirect`, fetching()],
    ['redirect-chain', `${api}/redirect-chain`, fetching({headers: {'X-Step': '1'}})],
    ['redirect-no-acao', `${api}/redirect-no-acao`, fetching()],
    ['redirect-post', `${api}/redirect-post`, fetching({method: 'POST', body: 'once'})],
    ['redirect-same-origin', `${page}/redirect-same-origin`, fetching()],
    ['preflight-405', `${api}/preflight-405`, fetching({method: 'PUT', headers: json, body: '{}'})],
    ['preflight-redirect', `${api}/preflight-redirect`, fetching({method: 'PUT', body: 'x'})],
    ['preflight-no-acao', `${api}/preflight-no-acao`, fetching({method: 'PUT', body: 'x'})],
    ['preflight-header', `${api}/preflight-header`, fetching({headers: {'X-Token': '7'}})],
    ['preflight-method', `${api}/preflight-method`, fetching({method: 'DELETE'})],
    ['no-acao', `${api}/no-acao`, fetching()],
    ['mismatch', `${api}/mismatch`, fetching()],
    ['multiple', `${api}/multiple`, fetching()],
    ['error-500', `${api}/error-500`, fetching({method: 'POST', headers: json, body: '{"boom":true}'})],
    ['error-404', `${api}/error-404`, fetching()],
    ['refused', `${closed}/refused`, fetching()],
    ['reset', `${api}/reset`, fetching()],
    ['head', `${api}/head`, fetching({method: 'HEAD'})],
    ['options', `${api}/options`, fetching({method: 'OPTIONS'})],
    ['websocket', 'ws://127.0.0.1:48102/websocket', socket],
    ['websocket-refused', 'ws://127.0.0.1:48102/websocket-refused', socket],
    ['eventsource', `${api}/eventsource`, events({withCredentials: true})],
    ['eventsource-no-acao', `${api}/eventsource-no-acao`, events({})],
    ['beacon', `${api}/beacon`, beacon('b=1')],
    ['sandboxed', `${api}/sandboxed`, framed(`${page}/frame`, true)],
    ['sandboxed-put', `${api}/sandboxed-put`, framed(`${page}/frame`, true, {method: 'PUT', body: 'x'})],
    ['https-api', `${secure}/https-api`, fetching({method: 'POST', headers: json, body: '{"tls":true}'})],
    ['https-page', `${api}/https-page`, framed(`${secure}/frame`, false)],
  ];

  // each makes one request after another and returns what happened.
  window.each = async () => {
    const all = [];
    for (const [name, url, make] of requests) {
      const {go, ...what} = make(url);
      const one = {name, url, ...what};
      try {
        one.saw = await go.call(what);
      } catch (e) {
        one.saw = 'blocked';
        one.error = e.name === 'Error' ? e.message : `${e.name}: ${e.message}`;
      }
      all.push(one);
    }
    return all;
  };
})();
