package demo

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/har"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/localnet"
	"github.com/corsac-dev/corsac/fetch"
)

// start starts a demo on the ports that anyPorts says. It stops when the test
// ends.
func start(t *testing.T, o Options) *Demo {
	t.Helper()
	d, err := Start(t.Context(), anyPorts(o))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// anyPorts returns o with any free port wherever it does not say which. On the
// default ports, a test that stops a server would talk to the server of another
// package's test, which takes the port as soon as it is free.
func anyPorts(o Options) Options {
	for _, port := range []*int{&o.PagePort, &o.APIPort, &o.GatewayPort} {
		if *port == 0 {
			*port = AnyPort
		}
	}
	return o
}

// client opens a connection per request. A connection that it kept could be to
// a demo that has stopped, whose port another one has: a POST then fails with
// EOF.
var client = &http.Transport{DisableKeepAlives: true}

// do makes a request. headers are name, value, name, value.
func do(t *testing.T, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w, err := client.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Body.Close()
	b, err := io.ReadAll(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return w, strings.TrimSpace(string(b))
}

func TestAPI(t *testing.T) {
	d := start(t, Options{})
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"list", "GET", "/items", "", 200, `"name":"fennec"`},
		{"put", "PUT", "/items/2", `{"name":"fennek"}`, 200, `{"id":2,"name":"fennek"}`},
		{"put is kept", "GET", "/items", "", 200, `"name":"fennek"`},
		{"put of nothing", "PUT", "/items/9", `{}`, 404, `{"error":"no such item"}`},
		{"put of no number", "PUT", "/items/x", `{}`, 404, `{"error":"no such item"}`},
		{"put of no JSON", "PUT", "/items/2", `fox`, 400, `{"error":"the body is not an item"}`},
		{"put of too much", "PUT", "/items/2", `{"name":"` + strings.Repeat("x", bodyLimit) + `"}`, 400, "not an item"},
		{"not signed in", "GET", "/me", "", 401, `{"error":"not signed in"}`},
		{"broken", "GET", "/broken", "", 500, `{"error":"database is down"}`},
		{"no OPTIONS", "OPTIONS", "/items/1", "", 405, ""},
		{"no such path", "GET", "/nothing", "", 404, ""},
	} {
		w, body := do(t, test.method, d.APIURL()+test.path, test.body,
			"Origin", d.PageURL(), "Access-Control-Request-Method", "PUT")
		if w.StatusCode != test.status || !strings.Contains(body, test.want) {
			t.Errorf("%s: %d %s, want %d %s", test.name, w.StatusCode, body, test.status, test.want)
		}
		for name := range w.Header {
			if strings.HasPrefix(name, "Access-Control-") || name == "Vary" {
				t.Errorf("%s: the API says %s, but it should know nothing of CORS", test.name, name)
			}
		}
	}
}

func TestSession(t *testing.T) {
	d := start(t, Options{})
	w, _ := do(t, "POST", d.APIURL()+"/login", "user=ada")
	cookies := w.Cookies()
	if w.StatusCode != http.StatusNoContent || len(cookies) != 1 {
		t.Fatalf("login: %d, cookies %v", w.StatusCode, cookies)
	}
	if c := cookies[0]; !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
		t.Errorf("the cookie is %v, want HttpOnly and SameSite=Lax", c)
	}
	cookie := cookies[0].Name + "=" + cookies[0].Value
	for _, base := range []string{d.APIURL(), d.GatewayURL()} {
		if w, body := do(t, "GET", base+"/me", "", "Cookie", cookie); w.StatusCode != 200 || !strings.Contains(body, "Ada Lovelace") {
			t.Errorf("%s/me: %d %s", base, w.StatusCode, body)
		}
	}
	if w, _ := do(t, "GET", d.APIURL()+"/me", "", "Cookie", cookie+"x"); w.StatusCode != http.StatusUnauthorized {
		t.Errorf("/me with another session: %d", w.StatusCode)
	}
}

// TestGateway checks that the page shows the file that the gateway reads.
func TestGateway(t *testing.T) {
	d := start(t, Options{})
	file, err := policyFile(d.PageURL(), d.gateway.address(), d.APIURL())
	if err != nil {
		t.Fatal(err)
	}
	c, err := config.Parse("corsac.yaml", file)
	if err != nil {
		t.Fatalf("corsac serve would not take the file: %v\n%s", err, file)
	}
	if got := c.Policies["app"].AllowOrigins; len(got) != 1 || got[0] != d.PageURL() {
		t.Errorf("the policy allows %q, want the page alone", got)
	}
	if notes := c.Notes(); len(notes) != 0 {
		t.Errorf("corsac validate has notes on the file: %v", notes)
	}
	w, _ := do(t, "GET", d.GatewayURL()+"/broken", "", "Origin", d.PageURL())
	if w.StatusCode != 500 || w.Header.Get("Access-Control-Allow-Origin") != d.PageURL() || w.Header.Get("Access-Control-Allow-Credentials") != "true" {
		t.Errorf("/broken: %d %v", w.StatusCode, w.Header)
	}
	w, _ = do(t, "GET", d.GatewayURL()+"/items", "", "Origin", "http://elsewhere.example")
	if got := w.Header.Get("Access-Control-Allow-Origin"); got != "" {
		t.Errorf("another origin is allowed: %q", got)
	}
}

func TestPage(t *testing.T) {
	d := start(t, Options{Next: []Command{{"corsac check {api}/items --origin {page}", "says <why>"}}})
	w, body := do(t, "GET", d.PageURL(), "")
	for _, want := range []string{
		"<title>corsac demo</title>", "Run all", "What Chrome’s console says", "allow_credentials: true", "allow_origins: [" + d.PageURL() + "]\n", "says &lt;why&gt;",
		"<span>" + d.APIURL() + "/items</span> <span>--origin</span> <span>" + d.PageURL() + "</span>", `"gateway":"` + d.GatewayURL() + `"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if csp := w.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "connect-src 'self' "+d.APIURL()+" "+d.GatewayURL()+";") {
		t.Errorf("Content-Security-Policy: %s", csp)
	}
	for path, kind := range map[string]string{"/demo.js": "text/javascript", "/demo.css": "text/css"} {
		w, _ := do(t, "GET", d.PageURL()+path, "")
		if w.StatusCode != 200 || !strings.HasPrefix(w.Header.Get("Content-Type"), kind) {
			t.Errorf("%s: %d %s", path, w.StatusCode, w.Header.Get("Content-Type"))
		}
	}
	if w, _ := do(t, "GET", d.PageURL()+"/nothing", ""); w.StatusCode != 404 {
		t.Errorf("/nothing: %d", w.StatusCode)
	}
}

// TestForeignHost checks that a page elsewhere whose host name resolves to this
// machine (DNS rebinding) can read neither the log nor the API.
func TestForeignHost(t *testing.T) {
	d := start(t, Options{})
	for _, base := range []string{d.PageURL(), d.APIURL(), d.GatewayURL()} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", base+"/wire?run=a", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "rebound.example"
		w, err := client.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = w.Body.Close()
		if w.StatusCode != http.StatusMisdirectedRequest {
			t.Errorf("%s as rebound.example: %d, want 421", base, w.StatusCode)
		}
	}
}

func TestHost(t *testing.T) {
	for _, host := range []string{"example.com", "0.0.0.0", "192.168.1.2", "::1%lo", "localhost:3000"} {
		if _, err := Start(t.Context(), Options{Host: host}); err == nil {
			t.Errorf("host %q: no error", host)
		}
	}
	hosts := map[string]string{"127.0.0.1": "http://127.0.0.1:"}
	if localnet.HasIPv6(t.Context()) {
		hosts["::1"] = "http://[::1]:"
	}
	for host, prefix := range hosts {
		d := start(t, Options{Host: host})
		if !strings.HasPrefix(d.PageURL(), prefix) {
			t.Errorf("page: %s", d.PageURL())
		}
		if w, _ := do(t, "GET", d.GatewayURL()+"/items", "", "Origin", d.PageURL()); w.Header.Get("Access-Control-Allow-Origin") != d.PageURL() {
			t.Errorf("%s, through corsac: %v", host, w.Header)
		}
	}
}

// TestTakenPorts checks that the next port is used if the first is in use, on
// either address.
func TestTakenPorts(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", address)
		if err != nil {
			t.Logf("%s: %v", address, err) // there is no IPv6 here
			continue
		}
		defer l.Close()
		taken := l.Addr().(*net.TCPAddr).Port
		d := start(t, Options{PagePort: taken, APIPort: taken})
		if d.page.port == taken || d.api.port == taken || d.page.port == d.api.port {
			t.Errorf("%d is taken, page on %d, API on %d", taken, d.page.port, d.api.port)
		}
		if w, _ := do(t, "GET", d.PageURL(), ""); w.StatusCode != 200 {
			t.Errorf("page: %d", w.StatusCode)
		}
	}
}

// TestEnd checks that all ports are free again once the context is done.
func TestEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	d, err := Start(ctx, anyPorts(Options{}))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	ended := make(chan error)
	go func() { ended <- d.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the demo does not end")
	}
	for _, s := range d.servers() {
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(s.port))
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		_ = l.Close()
	}
	if err := d.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}

// TestFailure checks that a server that fails stops the demo, and that Wait
// says which.
func TestFailure(t *testing.T) {
	d, err := Start(t.Context(), anyPorts(Options{}))
	if err != nil {
		t.Fatal(err)
	}
	_ = d.api.listeners[0].Close()
	if err := d.Wait(); err == nil || !strings.HasPrefix(err.Error(), "the API: ") {
		t.Errorf("error %v, want one of the API", err)
	}
}

func TestWire(t *testing.T) {
	d := start(t, Options{})
	do(t, "OPTIONS", d.GatewayURL()+"/items/1?run=a1", "", "Origin", d.PageURL(),
		"Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "content-type")
	do(t, "GET", d.GatewayURL()+"/me?run=a1", "", "Origin", d.PageURL(),
		"Cookie", "other=secret; "+sessionCookie+"=ABCDEFGHIJKLMNOPQRSTUVWXYZ", "Authorization", "Basic secret")
	do(t, "GET", d.APIURL()+"/items?run=b2", "")
	do(t, "GET", d.APIURL()+"/items", "")

	w, body := do(t, "GET", d.PageURL()+"/wire?server=gateway&run=a1", "")
	if w.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Error("the log is readable across origins")
	}
	var got account
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatal(err)
	}
	// The API also got the GET of the gateway; a page asks only about its own
	// call.
	if len(got.Exchanges) != 2 {
		t.Fatalf("%d exchanges, want the gateway's two:\n%s", len(got.Exchanges), body)
	}
	if e := got.Exchanges[0]; !e.Preflight || e.Method != "OPTIONS" || e.Path != "/items/1" || e.Status != 204 {
		t.Errorf("preflight: %+v", e)
	}
	if e := got.Exchanges[1]; e.Preflight || e.Method != "GET" || e.Path != "/me" || e.Status != 401 {
		t.Errorf("GET: %+v", e)
	}
	if strings.Contains(body, "secret") || strings.Contains(body, "other") || strings.Contains(body, "ABCDEFG") || !strings.Contains(body, sessionCookie+"=ABCDEF...") {
		t.Errorf("the log has secrets: %s", body)
	}
	if _, body := do(t, "GET", d.PageURL()+"/wire?server=api&run=nothing", ""); body != `{"exchanges":[]}` {
		t.Errorf("a run that was not: %s", body)
	}
}

// TestRecording checks that the demo's HAR file has the conversations of a
// page, and that they are decided as browsers decided.
func TestRecording(t *testing.T) {
	d := start(t, Options{Version: "v1.2.3"})
	page, err := fetch.NewTransport(fetch.TransportConfig{Page: fetch.PageConfig{Origin: d.PageURL()}})
	if err != nil {
		t.Fatal(err)
	}
	outcomes := map[string]*fetch.Outcome{}
	for _, c := range calls {
		if c.SignIn {
			login := &fetch.Request{URL: d.APIURL() + "/login", Method: "POST", Body: &fetch.Body{Kind: fetch.BodyURLEncoded}}
			login.Mode, login.Credentials = fetch.ModeNoCORS, fetch.CredentialsInclude
			outcomes[login.URL] = page.Fetch(t.Context(), login, []byte("user=ada"))
		}
		for _, base := range []string{d.APIURL(), d.GatewayURL()} {
			r := c.request(base, c.ID)
			outcomes[r.URL] = page.Fetch(t.Context(), r, []byte(c.Body))
		}
	}
	w, file := do(t, "GET", d.PageURL()+"/recording.har", "")
	if w.Header.Get("Access-Control-Allow-Origin") != "" || w.Header.Get("Content-Disposition") != `attachment; filename="corsac-demo.har"` {
		t.Errorf("the file comes with %v", w.Header)
	}
	if strings.Contains(file, "X-Forwarded-Host") || !strings.Contains(file, `"version":"v1.2.3"`) || !strings.Contains(file, sessionCookie) {
		t.Errorf("the file is:\n%s", file)
	}
	log, err := har.Read(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	conversations, counts := log.Conversations("")
	if len(conversations) != len(outcomes) || counts != (har.Counts{}) {
		t.Errorf("%d conversations and %+v of %d calls", len(conversations), counts, len(outcomes))
	}
	for _, c := range conversations {
		checkOutcome(t, c, outcomes[c.Request.URL])
	}
}

// checkOutcome checks that a recorded conversation has an outcome.
func checkOutcome(t *testing.T, c *har.Conversation, want *fetch.Outcome) {
	t.Helper()
	page, err := fetch.NewPage(c.Page)
	if err != nil || want == nil || c.Unknown != "" {
		t.Fatalf("%s: %v, %s", c.Request.URL, err, c.Unknown)
	}
	got := fetch.New(fetch.Config{}).Replay(page, c.Request, &c.Recording)
	message := func(o *fetch.Outcome) string {
		if o.Error == nil {
			return ""
		}
		return string(o.Error.Code) + " " + o.Error.Console(fetch.Chromium)
	}
	if got.Result != want.Result || message(got) != message(want) || len(got.Wire) != len(want.Wire) {
		t.Errorf("%s: %s %s, want %s %s", c.Request.URL, got.Result, message(got), want.Result, message(want))
	}
}

// TestRecordingHasNoOtherCookies checks that the cookies of other servers on
// localhost are not in the file, neither their names nor any of their values.
func TestRecordingHasNoOtherCookies(t *testing.T) {
	d := start(t, Options{})
	do(t, "GET", d.APIURL()+"/me", "", "Origin", d.PageURL(), "Cookie", "intranet=abcdefghijklmnop; "+sessionCookie+"=ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	do(t, "GET", d.APIURL()+"/items", "", "Origin", d.PageURL(), "Cookie", "intranet=abcdefghijklmnop")
	_, file := do(t, "GET", d.PageURL()+"/recording.har", "")
	if strings.Contains(file, "intranet") || strings.Contains(file, "abcd") || !strings.Contains(file, sessionCookie+"=ABCDEF...") {
		t.Error(file)
	}
	log, err := har.Read(strings.NewReader(file))
	if err != nil || len(log.Entries) != 2 || !log.Entries[1].Headers.Has("Cookie") {
		t.Errorf("%+v, %v", log, err)
	}
}
