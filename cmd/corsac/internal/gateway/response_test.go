package gateway_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
)

// do sends a request with headers and returns the response, with its body read.
func do(t *testing.T, method, url string, headers map[string]string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		r.Header.Set(name, value)
		if name == "Host" {
			r.Host = value
		}
	}
	client := http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
	}
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	res.Body = io.NopCloser(strings.NewReader(string(body)))
	return res
}

// wrong is CORS headers that no upstream should send.
const wrong = "Access-Control-Allow-Origin: *\r\naccess-control-allow-origin: https://other.example\r\n" +
	"Access-Control-Allow-Credentials: true\r\nAccess-Control-Allow-Methods: *\r\nAccess-Control-Expose-Headers: *\r\n" +
	"Access-Control-Max-Age: 1\r\nAccess-Control-Allow-Private-Network: true\r\nAccess-Control-Future: 1\r\n" +
	"Timing-Allow-Origin: *\r\nVary: accept-encoding, origin\r\nVary: Origin, X-A\r\n"

func TestOwnHeadersReplaceThoseOfUpstream(t *testing.T) {
	for _, status := range []string{
		"200 OK", "204 No Content", "206 Partial Content", "301 Moved Permanently", "304 Not Modified",
		"401 Unauthorized", "404 Not Found", "500 Internal Server Error", "503 Service Unavailable", "599 Odd",
	} {
		t.Run(status, func(t *testing.T) {
			upstream := startRaw(t, "HTTP/1.1 "+status+"\r\n"+wrong+"Location: /y\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			g := start(t, one(t, upstream.url), gateway.Options{})
			r := do(t, http.MethodGet, g.URL, map[string]string{"Origin": app})
			if !strings.HasPrefix(status, r.Status[:3]) {
				t.Errorf("status %s", r.Status)
			}
			checkOne(t, r.Header)
			checkCORS(t, r.Header, "Access-Control-Allow-Credentials", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers")
			if got := r.Header.Values("Vary"); !slices.Equal(got, []string{"Origin, accept-encoding, X-A"}) {
				t.Errorf("Vary: %q", got)
			}
			if r.Header.Get("Timing-Allow-Origin") != "*" || r.Header.Get("Location") != "/y" {
				t.Errorf("other headers have not passed: %v", r.Header)
			}

			r = do(t, http.MethodGet, g.URL, map[string]string{"Origin": "https://evil.example"})
			checkCORS(t, r.Header)
			r = do(t, http.MethodGet, g.URL, nil)
			checkCORS(t, r.Header)
			if got := r.Header.Values("Vary"); !slices.Equal(got, []string{"Origin, accept-encoding, X-A"}) {
				t.Errorf("Vary without an origin: %q", got)
			}
		})
	}
}

// TestTimingAndEmbedding checks that the policy's headers for timing and
// embedding replace the upstream's, even for refused origins, and that the
// upstream's stay if the policy has none.
func TestTimingAndEmbedding(t *testing.T) {
	const theirs = "Timing-Allow-Origin: https://someone-else.example\r\nCross-Origin-Resource-Policy: same-origin\r\n"
	upstream := startRaw(t, "HTTP/1.1 103 Early Hints\r\n"+theirs+"\r\nHTTP/1.1 200 OK\r\n"+theirs+"Content-Length: 0\r\nConnection: close\r\n\r\n")
	for _, c := range []struct {
		timing           bool
		embedding        string
		origin           string
		wantTiming, want []string
	}{
		{true, "cross-origin", app, []string{app}, []string{"cross-origin"}},
		{true, "cross-origin", "https://evil.example", nil, []string{"cross-origin"}},
		{true, "", app, []string{app}, []string{"same-origin"}},
		{false, "same-site", app, []string{"https://someone-else.example"}, []string{"same-site"}},
	} {
		cfg := one(t, upstream.url)
		p := appPolicy
		p.AllowTiming, p.ResourcePolicy = c.timing, c.embedding
		cfg.Policies["app"] = p
		h := do(t, http.MethodGet, start(t, cfg, gateway.Options{}).URL, map[string]string{"Origin": c.origin}).Header
		if got := h["Timing-Allow-Origin"]; !slices.Equal(got, c.wantTiming) {
			t.Errorf("%+v: Timing-Allow-Origin: %q", c, got)
		}
		if got := h["Cross-Origin-Resource-Policy"]; !slices.Equal(got, c.want) {
			t.Errorf("%+v: Cross-Origin-Resource-Policy: %q", c, got)
		}
	}
}

// checkCORS checks that h has these Access-Control-* headers and no others.
func checkCORS(t *testing.T, h http.Header, want ...string) {
	t.Helper()
	var got []string
	for name := range h {
		if strings.HasPrefix(strings.ToLower(name), "access-control-") {
			got = append(got, name)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("CORS headers %q, want %q", got, want)
	}
}

func TestInterimResponses(t *testing.T) {
	upstream := startRaw(t, "HTTP/1.1 102 Processing\r\n"+wrong+"\r\n"+
		"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n"+wrong+"\r\n"+
		"HTTP/1.1 200 OK\r\nX-Final: 1\r\n"+wrong+"Content-Length: 2\r\nConnection: close\r\n\r\nok")
	g := start(t, one(t, upstream.url), gateway.Options{})
	interim := map[int]http.Header{}
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
			interim[code] = http.Header(h)
			return nil
		},
	})
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, g.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", app)
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	for code, h := range map[int]http.Header{102: interim[102], 103: interim[103], 200: res.Header} {
		checkOne(t, h)
		checkCORS(t, h, "Access-Control-Allow-Credentials", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers")
		if got, want := h.Get("Link") != "", code == 103; got != want {
			t.Errorf("%d: Link: %q", code, h.Get("Link"))
		}
		if got, want := h.Get("X-Final") != "", code == 200; got != want {
			t.Errorf("%d: X-Final: %q", code, h.Get("X-Final"))
		}
	}
}

// TestContinue checks that a client that waits for 100 Continue gets it without
// headers, and then the response.
func TestContinue(t *testing.T) {
	g := startBefore(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}))
	answer := send(t, g.URL, "PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: "+app+"\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi")
	rest, ok := strings.CutPrefix(answer, "HTTP/1.1 100 Continue\r\n\r\n")
	if !ok {
		t.Fatalf("answer %q", answer)
	}
	res, err := http.ReadResponse(bufio.NewReader(strings.NewReader(rest)), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	checkOne(t, res.Header)
	if body, _ := io.ReadAll(res.Body); string(body) != "hi" {
		t.Errorf("body %q", body)
	}
}

func TestTrailers(t *testing.T) {
	for _, announced := range []string{"", "Trailer: X-Sum, Access-Control-Allow-Origin\r\n"} {
		upstream := startRaw(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n"+announced+"\r\n"+
			"2\r\nok\r\n0\r\nX-Sum: 42\r\nAccess-Control-Allow-Origin: *\r\n\r\n")
		g := start(t, one(t, upstream.url), gateway.Options{})
		r := do(t, http.MethodGet, g.URL, map[string]string{"Origin": app})
		checkOne(t, r.Header)
		if got := r.Trailer.Get("X-Sum"); got != "42" {
			t.Errorf("announced %q: trailer X-Sum: %q", announced, got)
		}
		checkCORS(t, r.Trailer)
	}
}

func TestRequestTrailers(t *testing.T) {
	got := make(chan string, 1)
	g := startBefore(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		got <- r.Trailer.Get("X-Sum")
	}))
	send(t, g.URL, "PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 42\r\n\r\n")
	if sum := <-got; sum != "42" {
		t.Errorf("trailer %q", sum)
	}
}

// TestNoGuessedContentType checks that nothing is added to a response of the
// upstream.
func TestNoGuessedContentType(t *testing.T) {
	upstream := startRaw(t, "HTTP/1.1 200 OK\r\nContent-Length: 13\r\nConnection: close\r\n\r\n<html></html>")
	g := start(t, one(t, upstream.url), gateway.Options{})
	if r := do(t, http.MethodGet, g.URL, nil); r.Header.Values("Content-Type") != nil {
		t.Errorf("Content-Type: %q", r.Header.Values("Content-Type"))
	}
}

func TestHopByHopOfResponse(t *testing.T) {
	upstream := startRaw(t, "HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: x\r\nX-Kept: 1\r\nContent-Length: 0\r\n\r\n")
	g := start(t, one(t, upstream.url), gateway.Options{})
	h := do(t, http.MethodGet, g.URL, nil).Header
	for _, name := range []string{"X-Hop", "Keep-Alive", "Proxy-Authenticate"} {
		if h.Get(name) != "" {
			t.Errorf("%s has passed", name)
		}
	}
	if h.Get("X-Kept") == "" {
		t.Error("X-Kept has not passed")
	}
}

// TestOwnErrors checks that pages can read the gateway's own errors.
func TestOwnErrors(t *testing.T) {
	dead := startRaw(t, "")
	stuck := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	c := one(t, dead.url)
	down := parseURL(t, "http://127.0.0.1:1")
	c.Gateway.Routes = append(
		c.Gateway.Routes,
		config.Route{Path: "/down", Upstream: down, Policy: "app"},
		config.Route{Path: "/slow", Upstream: parseURL(t, startServer(t, stuck)), Policy: "app", Timeout: 50 * time.Millisecond},
		config.Route{Path: "/open", Upstream: down, Policy: "open"},
		config.Route{Host: "other.example", Upstream: down, Policy: "app"},
	)
	c.Policies["open"] = cors.Policy{AllowOrigins: []string{"*"}}
	g := start(t, c, gateway.Options{})
	for _, e := range []struct {
		path   string
		status int
		code   string
	}{
		{"/", 502, "upstream-failed"},
		{"/down", 502, "upstream-unreachable"},
		{"/slow", 504, "upstream-timeout"},
		{"/down/..%2fopen/x", 400, "ambiguous-path"},
	} {
		r := do(t, http.MethodGet, g.URL+e.path, map[string]string{"Origin": app})
		checkOne(t, r.Header)
		var body struct {
			Status           int
			Code, Error, Fix string
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Fatal(err)
		}
		if r.StatusCode != e.status || body.Status != e.status || body.Code != e.code || body.Error == "" || body.Fix == "" {
			t.Errorf("%s: status %d, body %+v, want %d %s", e.path, r.StatusCode, body, e.status, e.code)
		}
	}
	if r := do(t, http.MethodOptions, g.URL+"/down", map[string]string{"Origin": app, "Access-Control-Request-Method": "PUT"}); r.StatusCode != 204 {
		t.Errorf("preflight while the upstream is down: status %d", r.StatusCode)
	}
}

// TestNoRoute checks that a request without a route gets the headers of the
// first policy that lets the page read the response.
func TestNoRoute(t *testing.T) {
	c := one(t, "http://127.0.0.1:1")
	c.Gateway.Routes[0].Path = "/api/"
	c.Gateway.Routes = append(c.Gateway.Routes, config.Route{Path: "/other", Upstream: c.Gateway.Routes[0].Upstream, Policy: "other"})
	c.Policies["other"] = cors.Policy{AllowOrigins: []string{"https://other.example"}}
	g := start(t, c, gateway.Options{})
	for origin, allowed := range map[string]string{app: app, "https://other.example": "https://other.example", "https://evil.example": ""} {
		r := do(t, http.MethodGet, g.URL+"/apix", map[string]string{"Origin": origin})
		if r.StatusCode != 404 || r.Header.Get("Access-Control-Allow-Origin") != allowed {
			t.Errorf("%s: status %d, Access-Control-Allow-Origin: %q", origin, r.StatusCode, r.Header.Get("Access-Control-Allow-Origin"))
		}
		if got := r.Header.Values("Vary"); !slices.Equal(got, []string{"Origin"}) {
			t.Errorf("Vary: %q", got)
		}
	}
}

// TestNoRouteOfManyPolicies checks that the first policy that allows the origin
// is used, and one for all origins last, wherever its route is in the list.
func TestNoRouteOfManyPolicies(t *testing.T) {
	c := one(t, "http://127.0.0.1:1")
	c.Gateway.Routes = nil
	for name, p := range map[string]cors.Policy{
		"open": {AllowOrigins: []string{"*"}}, "also open": {AllowOrigins: []string{"*"}, AllowMethods: []string{"PUT"}},
		"app": appPolicy, "same app": {AllowOrigins: []string{app}},
	} {
		c.Policies[name] = p
	}
	for _, name := range []string{"open", "app", "also open", "same app"} {
		c.Gateway.Routes = append(c.Gateway.Routes, config.Route{Path: "/" + strings.ReplaceAll(name, " ", ""), Upstream: parseURL(t, "http://127.0.0.1:1"), Policy: name})
	}
	g := start(t, c, gateway.Options{})
	for origin, allowed := range map[string]string{app: app, "https://other.example": "*"} {
		r := do(t, http.MethodGet, g.URL+"/none", map[string]string{"Origin": origin})
		if got := r.Header.Values("Access-Control-Allow-Origin"); r.StatusCode != 404 || !slices.Equal(got, []string{allowed}) {
			t.Errorf("%s: status %d, Access-Control-Allow-Origin: %q", origin, r.StatusCode, got)
		}
		if got := r.Header.Values("Vary"); !slices.Equal(got, []string{"Origin"}) {
			t.Errorf("Vary: %q", got)
		}
	}
}

// TestRefusalsAreLogged checks that a refusal is logged once, with the decision
// that was used, and that nothing is logged where CORS does not apply.
func TestRefusalsAreLogged(t *testing.T) {
	out := new(testenv.Log)
	upstream := startServer(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	g := start(t, one(t, upstream), gateway.Options{Logger: slog.New(slog.NewTextHandler(out, nil))})
	for _, c := range []struct {
		method  string
		headers map[string]string
		want    string
	}{
		{"GET", nil, ""},
		{"GET", map[string]string{"Origin": app}, ""},
		{"GET", map[string]string{"Origin": "https://evil.example"}, "response not readable by its page"},
		{"POST", map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, ""},
		{"OPTIONS", map[string]string{"Origin": app, "Access-Control-Request-Method": "PUT"}, ""},
		{"OPTIONS", map[string]string{"Origin": app, "Access-Control-Request-Method": "PATCH"}, "preflight refused"},
	} {
		before := len(out.String())
		do(t, c.method, g.URL, c.headers)
		got := out.String()[before:]
		if c.want == "" && got != "" || strings.Count(got, "\n") > 1 || !strings.Contains(got, c.want) {
			t.Errorf("%s with %v: logged %q, want %q", c.method, c.headers, got, c.want)
		}
	}
}

// TestConcurrentOrigins checks that concurrent responses to many pages do not
// mix.
func TestConcurrentOrigins(t *testing.T) {
	c := one(t, startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.WriteHeader(http.StatusEarlyHints)
		_, _ = io.WriteString(w, r.Header.Get("Origin"))
	})))
	c.Policies["app"] = cors.Policy{AllowOrigins: []string{"https://*.example.com"}}
	g := start(t, c, gateway.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			origin := fmt.Sprintf("https://page%d.example.com", i)
			for range 50 {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.URL, nil)
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Origin", origin)
				res, err := http.DefaultTransport.RoundTrip(r)
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(res.Body)
				res.Body.Close()
				if got := res.Header.Values("Access-Control-Allow-Origin"); err != nil || string(body) != origin || !slices.Equal(got, []string{origin}) {
					t.Errorf("%s: body %q, Access-Control-Allow-Origin: %q, %v", origin, body, got, err)
				}
			}
		})
	}
	wait.Wait()
}
