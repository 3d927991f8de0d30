package need_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/need"
)

const (
	page = "https://app.example.com/shop/"
	dev  = "http://localhost:3000"
	file = "file:///home/me/index.html"
)

func ask(t *testing.T, q need.Question) *need.Answer {
	t.Helper()
	a, err := need.Ask(q)
	if err != nil {
		t.Fatalf("%+v: %v", q, err)
	}
	return a
}

func TestAsk(t *testing.T) {
	for _, c := range []struct {
		q    need.Question
		want need.Verdict
		rule string
	}{
		{need.Question{Page: page, Target: "https://app.example.com/api"}, need.No, "same-origin"},
		{need.Question{Page: page, Target: "https://APP.example.com:443/api"}, need.No, "same-origin"},
		{need.Question{Page: page, Target: "/api"}, need.No, "same-origin"},
		{need.Question{Page: page, Target: "./api"}, need.No, "same-origin"},
		{need.Question{Page: page, Target: "?q=1"}, need.No, "same-origin"},
		{need.Question{Page: page, Target: "//api.example.com/x"}, need.Yes, "subdomain"},
		{need.Question{Page: page, Target: "https://api.example.com/"}, need.Yes, "subdomain"},
		{need.Question{Page: page, Target: "https://app.example.com:8443/"}, need.Yes, "other-port"},
		{need.Question{Page: dev, Target: "http://localhost:8080"}, need.Yes, "other-port"},
		{need.Question{Page: dev, Target: "http://127.0.0.1:3000"}, need.Yes, "other-name"},
		{need.Question{Page: dev, Target: "http://[::1]:8080"}, need.Yes, "other-name"},
		{need.Question{Page: "https://a.github.io", Target: "https://b.github.io"}, need.Yes, "other-site"},
		{need.Question{Page: "http://app.example.com", Target: "https://app.example.com"}, need.Yes, "other-scheme"},
		{need.Question{Page: "http://app.example.com", Target: "https://api.example.com"}, need.Yes, "other-site"},
		{need.Question{Page: dev, Target: "https://api.example.com/"}, need.Yes, "other-site"},
		{need.Question{Page: "capacitor://localhost", Target: "https://api.example.com/"}, need.Yes, "other-site"},
		{need.Question{Page: "blob:https://app.example.com/uuid", Target: "https://app.example.com/"}, need.No, "same-origin"},

		{need.Question{Page: page, Target: "http://api.example.com/"}, need.But, "mixed-content"},
		{need.Question{Page: page, Target: "ws://api.example.com/"}, need.But, "mixed-content"},
		{need.Question{Page: page, Target: "http://api.example.com/", Sandboxed: true}, need.But, "mixed-content"},
		{need.Question{Page: page, Target: "http://cdn.example.net/x.png", Use: need.Image}, need.But, "tag"},
		{need.Question{Page: page, Target: "http://93.184.216.34/x.png", Use: need.Image}, need.But, "mixed-content"},
		{need.Question{Page: page, Target: "http://cdn.example.net/x.png", Use: need.Image, CrossOrigin: true}, need.But, "mixed-content"},
		{need.Question{Page: page, Target: "http://shop.example.net/", Use: need.Frame}, need.But, "mixed-content"},
		{need.Question{Page: page, Target: "http://shop.example.net/", Use: need.Link}, need.But, "navigation"},
		{need.Question{Page: page, Target: "http://localhost:8080/"}, need.Yes, "other-site"},
		{need.Question{Page: page, Target: "http://192.168.1.5/"}, need.Yes, "other-site"},
		{need.Question{Page: page, Target: "http://printer.local/"}, need.Yes, "other-site"},

		{need.Question{Page: "server", Target: "https://api.example.com/"}, need.No, "server-to-server"},
		{need.Question{Page: "server", Target: "wss://chat.example.com/"}, need.No, "server-to-server"},
		{need.Question{Page: page, Target: "https://api.example.com/", Use: need.Server}, need.No, "server-to-server"},
		{need.Question{Page: dev, Target: "http://localhost:8080", DevProxy: true}, need.But, "dev-proxy"},
		{need.Question{Page: "https://localhost:3000", Target: "http://api.example.com", DevProxy: true}, need.But, "dev-proxy"},
		{need.Question{Page: dev, Target: "ws://localhost:8080", DevProxy: true}, need.But, "websocket"},
		{need.Question{Page: dev, Target: "http://localhost:8080", DevProxy: true, Sandboxed: true}, need.Yes, "sandboxed"},

		{need.Question{Page: file, Target: "https://api.example.com/"}, need.Yes, "file-page"},
		{need.Question{Page: file, Target: "./data.json"}, need.But, "file-url"},
		{need.Question{Page: file, Target: "/api/items"}, need.But, "file-url"},
		{need.Question{Page: file, Target: "./app.js", Use: need.Module}, need.But, "file-url"},
		{need.Question{Page: file, Target: "./worker.js", Use: need.Worker}, need.But, "file-url"},
		{need.Question{Page: file, Target: "./app.js", Use: need.Script}, need.But, "tag"},
		{need.Question{Page: file, Target: "./x.woff2", Use: need.Font}, need.But, "tag"},
		{need.Question{Page: file, Target: "./other.html", Use: need.Link}, need.But, "navigation"},
		{need.Question{Page: page, Target: "file:///etc/passwd", Use: need.Image}, need.But, "file-url"},
		{need.Question{Page: "null", Target: "https://api.example.com/"}, need.Yes, "sandboxed"},
		{need.Question{Page: "data:text/html,x", Target: "https://api.example.com/"}, need.Yes, "sandboxed"},
		{need.Question{Page: page, Target: "/api", Sandboxed: true}, need.Yes, "sandboxed"},
		{need.Question{Page: page, Target: "/x.woff2", Sandboxed: true, Use: need.Font}, need.Yes, "sandboxed"},
		{need.Question{Page: page, Target: "/x.js", Sandboxed: true, Use: need.Worker}, need.But, "same-origin-only"},

		{need.Question{Page: page, Target: "wss://app.example.com/", Use: need.WebSocket}, need.But, "websocket"},
		{need.Question{Page: page, Target: "https://other.example/", Use: need.WebSocket}, need.But, "websocket"},
		{need.Question{Page: page, Target: "https://cdn.example/x.png", Use: need.Canvas}, need.Yes, "crossorigin"},
		{need.Question{Page: page, Target: "https://cdn.example/x.js", Use: need.Script}, need.But, "tag"},
		{need.Question{Page: page, Target: "https://cdn.example/x.js", Use: need.Script, CrossOrigin: true}, need.Yes, "crossorigin"},
		{need.Question{Page: page, Target: "https://cdn.example/x.js", Use: need.Module}, need.Yes, "module"},
		{need.Question{Page: page, Target: "https://cdn.example/x.js", Use: need.Module, CrossOrigin: true}, need.Yes, "module"},
		{need.Question{Page: page, Target: "https://cdn.example/x.vtt", Use: need.Track}, need.Yes, "crossorigin"},
		{need.Question{Page: page, Target: "https://cdn.example/x.woff2", Use: need.Font}, need.Yes, "font"},
		{need.Question{Page: page, Target: "https://cdn.example/site.webmanifest", Use: need.Manifest}, need.Yes, "font"},
		{need.Question{Page: page, Target: "https://cdn.example/w.js", Use: need.Worker}, need.But, "same-origin-only"},
		{need.Question{Page: page, Target: "/w.js", Use: need.Worker}, need.No, "same-origin"},
		{need.Question{Page: page, Target: "https://count.example/", Use: need.Beacon}, need.But, "tag"},
		{need.Question{Page: page, Target: "https://api.example.com/events", Use: need.EventSource}, need.Yes, "server-sent-events"},
		{need.Question{Page: page, Target: "https://bank.example/pay", Use: need.Form}, need.But, "navigation"},
		{need.Question{Page: page, Target: "mailto:me@example.com", Use: need.Link}, need.But, "navigation"},

		{need.Question{Page: page, Target: "data:,x"}, need.No, "data-url"},
		{need.Question{Page: page, Target: "blob:https://app.example.com/uuid"}, need.No, "data-url"},
		{need.Question{Page: "null", Target: "blob:null/uuid"}, need.No, "data-url"},
		{need.Question{Page: page, Target: "blob:https://other.example/uuid"}, need.But, "scheme"},
		{need.Question{Page: page, Target: "ftp://files.example.com/"}, need.But, "scheme"},
	} {
		if a := ask(t, c.q); a.Verdict != c.want || a.Rule != c.rule {
			t.Errorf("%+v: %s by %s; want %s by %s", c.q, a.Verdict, a.Rule, c.want, c.rule)
		}
	}
}

func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		q    need.Question
		want string
	}{
		{need.Question{Page: "app.example.com", Target: page}, `the page: "app.example.com" has no scheme; write https://app.example.com`},
		{need.Question{Page: "localhost:3000", Target: page}, `write http://localhost:3000`},
		{need.Question{Page: "127.0.0.1:3000", Target: page}, `write http://127.0.0.1:3000`},
		{need.Question{Page: page, Target: "api.example.com/x"}, `the URL: "api.example.com/x" has no scheme; write https://api.example.com/x`},
		{need.Question{Page: page, Target: "localhost:8080"}, `write http://localhost:8080`},
		{need.Question{Page: page, Target: "x y"}, `"x y" is not a URL`},
		{need.Question{Page: page, Target: ""}, `"" is not a URL`},
		{need.Question{Page: "", Target: page}, `"" is not a URL`},
		{need.Question{Page: page, Target: "https://a b/"}, "is not a URL"},
		{need.Question{Page: "server", Target: "/api"}, "write the whole URL"},
		{need.Question{Page: "null", Target: "./api"}, "write the whole URL"},
		{need.Question{Page: "about:blank", Target: page}, "of the page that opened it"},
		{need.Question{Page: "wss://chat.example.com", Target: page}, "not the scheme of a page"},
		{need.Question{Page: page, Target: page, Use: "smell"}, `--use "smell" is not one of fetch, xhr`},
		{need.Question{Page: page, Target: "wss://x.example/", Use: need.Fetch}, "write --use websocket, or https://x.example/"},
		{need.Question{Page: page, Target: "ftp://x.example/", Use: need.WebSocket}, "write a wss: URL"},
		{need.Question{Page: page, Target: page, CrossOrigin: true}, "--crossorigin is for tags"},
		{need.Question{Page: "server", Target: page, Sandboxed: true}, "no page makes this request"},
		{need.Question{Page: file, Target: page, DevProxy: true}, "--dev-proxy is for a page from a development server"},
	} {
		a, err := need.Ask(c.q)
		if err == nil {
			t.Errorf("%+v: answered by %s; want the error %q", c.q, a.Rule, c.want)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v; want %q in it", c.q, err, c.want)
		}
	}
}

// TestNotes checks which notes an answer has.
func TestNotes(t *testing.T) {
	for _, c := range []struct {
		q    need.Question
		want []string
	}{
		{need.Question{Page: page, Target: "/api"}, nil},
		{need.Question{Page: "server", Target: "http://localhost"}, nil},
		{need.Question{Page: page, Target: "https://api.example.com"}, []string{"in one site, https://example.com, so all cookies"}},
		{need.Question{Page: page, Target: "https://api.example.com", Use: need.XHR}, []string{"withCredentials = true"}},
		{need.Question{Page: page, Target: "wss://api.example.com"}, []string{"all cookies of the server are sent, whatever their SameSite, without the page asking"}},
		{need.Question{Page: page, Target: "https://api.example.net"}, []string{"the two are different sites, so only those with SameSite=None; Secure"}},
		{need.Question{Page: "https://a.github.io", Target: "https://b.github.io"}, []string{"anyone can register a name under github.io"}},
		{need.Question{Page: "https://a.co.uk", Target: "https://b.co.uk"}, []string{"anyone can register a name under co.uk"}},
		{need.Question{Page: "http://app.example.com", Target: "https://api.example.com"}, []string{"http and https are different sites"}},
		{need.Question{Page: "null", Target: "https://api.example.com"}, []string{"cross-site to every server"}},
		{need.Question{Page: dev, Target: "http://localhost:8080"}, []string{"cookies: both are in one site, http://localhost"}},
		{need.Question{Page: page, Target: "http://localhost:8080"}, []string{"cookies", "on the user's own machine: if the page is from the public internet, Chrome asks"}},
		{need.Question{Page: page, Target: "https://192.168.1.5"}, []string{"cookies", "on a local network: if"}},
		{need.Question{Page: page, Target: "http://192.168.1.5"}, []string{"cookies", "other browsers block it", "on a local network: if"}},
		{need.Question{Page: "http://app.example.com", Target: "http://192.168.1.5"}, []string{"cookies", "Chrome refuses, because only https pages"}},
		{need.Question{Page: "http://10.0.0.1", Target: "http://192.168.1.5"}, []string{"cookies"}},
		{need.Question{Page: page, Target: "http://192.168.1.5", Use: need.Link}, nil},
		{need.Question{Page: page, Target: "http://cdn.example.net/x.png", Use: need.Image}, []string{"over https instead"}},
		{need.Question{Page: dev, Target: "http://localhost:8080", DevProxy: true}, []string{"must allow http://localhost:3000"}},
		{need.Question{Page: page, Target: "https://count.example", Use: need.Beacon}, []string{"a beacon with a Blob"}},
		{need.Question{Page: "chrome-extension://abc", Target: "https://api.example.com"}, []string{"cookies", "https://api.example.com/* in its host_permissions"}},
	} {
		got := ask(t, c.q).Notes
		if !slices.EqualFunc(got, c.want, strings.Contains) {
			t.Errorf("%+v: notes %q; want %q in them", c.q, got, c.want)
		}
	}
}

func TestParticulars(t *testing.T) {
	for _, c := range []struct{ page, target, reason, differs string }{
		{dev, "http://localhost:8080", "the port (3000, 8080) differs", "port"},
		{page, "https://api.example.com", "the host (app.example.com, api.example.com) differs", "host"},
		{"http://app.example.com", "https://app.example.com", "the scheme (http, https) differs", "scheme"},
		{"http://app.example.com", "https://app.example.com:8443", "scheme (http, https) and port (80, 8443) differ", "scheme port"},
		{dev, "https://api.example.com", "scheme (http, https), host (localhost, api.example.com) and port (3000, 443) differ", "scheme host port"},
		{"null", "https://api.example.com", "not the same as any other", ""},
	} {
		a := ask(t, need.Question{Page: c.page, Target: c.target})
		if !strings.Contains(a.Reason, c.reason) || strings.Join(a.Differs, " ") != c.differs {
			t.Errorf("%s, %s: reason %q, differs %q; want %q, %q", c.page, c.target, a.Reason, a.Differs, c.reason, c.differs)
		}
	}
}

func TestProxy(t *testing.T) {
	for _, c := range []struct{ page, target, want string }{
		{dev, "http://localhost:8080/items/1", `server: { proxy: { '/items': { target: 'http://localhost:8080', changeOrigin: true } } } // in vite.config.js
rewrites: async () => [{ source: '/items/:path*', destination: 'http://localhost:8080/items/:path*' }] // in next.config.js
devServer: { proxy: [{ context: ['/items'], target: 'http://localhost:8080', changeOrigin: true }] } // in webpack.config.js
{ "/items": { "target": "http://localhost:8080", "changeOrigin": true } } // in src/proxy.conf.json`},
		{page, "https://api.example.com/", "location /api/ { proxy_pass https://api.example.com/; proxy_ssl_server_name on; } # in nginx"},
		{"http://app.example.com", "http://app.example.com:81/x;{/", "location /api/ { proxy_pass http://app.example.com:81/; } # in nginx"},
		{"capacitor://localhost", "https://api.example.com/", ""},
	} {
		if got := ask(t, need.Question{Page: c.page, Target: c.target}).Instead[0].Config; got != c.want {
			t.Errorf("%s, %s: %s; want %s", c.page, c.target, got, c.want)
		}
	}
}

// TestRules checks that each rule answers its own example, so no rule comes
// after one that answers all its questions, and that all placeholders are
// replaced.
func TestRules(t *testing.T) {
	names := map[string]bool{}
	for i := range need.Rules {
		r := &need.Rules[i]
		a := ask(t, r.Example)
		if a.Rule != r.Name || names[r.Name] {
			t.Errorf("the example of %s is answered by %s", r.Name, a.Rule)
		}
		names[r.Name] = true
		if (r.But != "") != (r.Verdict == need.But) || r.Blocked && r.Verdict != need.But || len(r.Instead) == 0 {
			t.Errorf("%s: %s but %q, blocked %t, %d steps", r.Name, r.Verdict, r.But, r.Blocked, len(r.Instead))
		}
		text := a.Reason + a.But
		for _, step := range a.Instead {
			text += step.Text + strings.Join(step.Command, "")
		}
		if strings.ContainsAny(text, "{}") {
			t.Errorf("%s: a place is not filled in: %s", r.Name, text)
		}
	}
}

// TestCommandsWork checks that what is advised works where it is printed: the gateway
// listens neither where the server nor where the page does, and a proxy for a URL
// without a prefix takes its own prefix off again.
func TestCommandsWork(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		page, target string
		want         []string
	}{
		{"http://localhost:3000", "http://localhost:8080/items?a=1", []string{"--listen 127.0.0.1:8081", "call http://localhost:8081/items?a=1", "relative URL: /items?a=1", "'/items': { target: 'http://localhost:8080', changeOrigin: true } }"}},
		{"http://localhost:8080", "http://localhost:8081", []string{"--listen 127.0.0.1:8082"}},
		{"http://localhost:3000", "http://localhost:9000", []string{
			"--listen 127.0.0.1:8080", "call http://localhost:8080/", "relative URL: /api/", "changeOrigin: true, rewrite: (path) => path.slice(4) }",
			"destination: 'http://localhost:9000/:path*'", "pathRewrite: { '^/api': '' }", `"pathRewrite": { "^/api": "" }`,
		}},
		{"https://app.example.com", "https://api.example.com/", []string{"location /api/ { proxy_pass https://api.example.com/;", "call the address of the gateway, by https, instead of https://api.example.com"}},
	} {
		answer, err := need.Ask(need.Question{Page: c.page, Target: c.target})
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for _, step := range answer.Instead {
			text.WriteString(step.Text + "\n" + step.Config + "\n" + strings.Join(step.Command, " ") + "\n")
		}
		for _, want := range c.want {
			if !strings.Contains(text.String(), want) {
				t.Errorf("%s %s: no %q in\n%s", c.page, c.target, want, text.String())
			}
		}
	}
	_, err := need.Ask(need.Question{Page: "http://localhost:3000", Target: "/a.png", Use: "image"})
	if err == nil || !strings.HasSuffix(err.Error(), "did you mean img?") {
		t.Error(err)
	}
}
