package cors_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

const (
	app  = "https://app.example.com"
	evil = "https://evil.example"

	permitted cors.Reason = 0
)

func mustNew(tb testing.TB, p cors.Policy) *cors.Middleware {
	tb.Helper()
	m, err := cors.New(p)
	if err != nil {
		tb.Fatal(err)
	}
	return m
}

// request returns a request with the given method and pairs of header names and
// values.
func request(method string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, "http://api.example.com/items", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func preflight(from, method string, headers ...string) *http.Request {
	r := request("OPTIONS", "Origin", from, "Access-Control-Request-Method", method)
	for _, line := range headers {
		r.Header.Add("Access-Control-Request-Headers", line)
	}
	return r
}

var ok = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// full is a policy that uses every header.
func full() cors.Policy {
	return cors.Policy{
		AllowOrigins:     []string{app, "https://*.example.org", "http://localhost:*"},
		AllowMethods:     []string{"PUT", "DELETE"},
		AllowHeaders:     []string{"Content-Type", "X-Request-Id"},
		ExposeHeaders:    []string{"X-Total-Count"},
		AllowCredentials: true,
		MaxAge:           cors.CacheFor(time.Hour),
	}
}

// TestHeaders compares all headers of responses.
func TestHeaders(t *testing.T) {
	anyone := cors.Policy{AllowOrigins: []string{"*"}, AllowMethods: []string{"*"}, AllowHeaders: []string{"*"}, ExposeHeaders: []string{"*"}}
	withAuthorization := cors.Policy{AllowOrigins: []string{"*"}, AllowHeaders: []string{"*", "Authorization"}}
	echo := cors.Policy{AllowOrigins: []string{app}, AllowMethods: []string{"*"}, AllowHeaders: []string{"*"}, AllowCredentials: true}
	bare := cors.Policy{AllowOrigins: []string{app}}
	for _, c := range []struct {
		name   string
		policy cors.Policy
		r      *http.Request
		status int
		want   string // lines of Name: value, sorted
	}{
		{"no origin", full(), request("GET"), 200, "Vary: Origin"},
		{"allowed", full(), request("GET", "Origin", app), 200, "Access-Control-Allow-Credentials: true\nAccess-Control-Allow-Origin: https://app.example.com\nAccess-Control-Expose-Headers: x-total-count\nVary: Origin"},
		{"refused", full(), request("GET", "Origin", evil), 200, "Vary: Origin"},
		{"two origins", full(), request("GET", "Origin", app, "Origin", app), 200, "Vary: Origin"},
		{"null", full(), request("GET", "Origin", "null"), 200, "Vary: Origin"},
		{"OPTIONS without method", full(), request("OPTIONS", "Origin", app), 200, "Access-Control-Allow-Credentials: true\nAccess-Control-Allow-Origin: https://app.example.com\nAccess-Control-Expose-Headers: x-total-count\nVary: Origin"},
		{"OPTIONS without origin", full(), request("OPTIONS", "Access-Control-Request-Method", "PUT"), 200, "Vary: Origin"},
		{"GET with preflight headers", bare, request("GET", "Origin", app, "Access-Control-Request-Method", "PUT"), 200, "Access-Control-Allow-Origin: https://app.example.com\nVary: Origin"},
		{"preflight", full(), preflight(app, "PUT", "content-type"), 204, "Access-Control-Allow-Credentials: true\nAccess-Control-Allow-Headers: content-type,x-request-id\nAccess-Control-Allow-Methods: DELETE,PUT\nAccess-Control-Allow-Origin: https://app.example.com\nAccess-Control-Max-Age: 3600\nVary: Origin"},
		{"preflight of a bare policy", bare, preflight(app, "POST"), 204, "Access-Control-Allow-Origin: https://app.example.com\nVary: Origin"},
		{"preflight from elsewhere", full(), preflight(evil, "PUT"), 403, ""},
		{"preflight from two origins", full(), request("OPTIONS", "Origin", app, "Origin", app, "Access-Control-Request-Method", "PUT"), 403, ""},
		{"preflight of a method", full(), preflight(app, "PATCH"), 403, ""},
		{"preflight of no method", full(), preflight(app, ""), 403, ""},
		{"preflight of two methods", full(), request("OPTIONS", "Origin", app, "Access-Control-Request-Method", "PUT", "Access-Control-Request-Method", "PUT"), 403, ""},
		{"preflight of a header", full(), preflight(app, "PUT", "x-other"), 403, ""},
		{"preflight of a long header", full(), preflight(app, "PUT", strings.Repeat("x", 300)), 403, ""},
		{"any origin", anyone, request("GET", "Origin", evil), 200, "Access-Control-Allow-Origin: *\nAccess-Control-Expose-Headers: *"},
		{"any origin, none sent", anyone, request("GET"), 200, "Access-Control-Allow-Origin: *\nAccess-Control-Expose-Headers: *"},
		{"any origin, preflight", anyone, preflight(evil, "PATCH", "x-a"), 204, "Access-Control-Allow-Headers: *\nAccess-Control-Allow-Methods: *\nAccess-Control-Allow-Origin: *"},
		{"any origin, authorization", anyone, preflight(evil, "GET", "authorization"), 403, ""},
		{"any origin, bad name", anyone, preflight(evil, "GET", "a b"), 403, ""},
		{"any origin, forbidden method", anyone, preflight(evil, "TRACE"), 403, ""},
		{"authorization beside any header", withAuthorization, preflight(evil, "GET", "Authorization, X-A"), 204, "Access-Control-Allow-Headers: *,authorization\nAccess-Control-Allow-Origin: *"},
		{"echo", echo, preflight(app, "PROPFIND", "authorization,x-a"), 204, "Access-Control-Allow-Credentials: true\nAccess-Control-Allow-Headers: authorization,x-a\nAccess-Control-Allow-Methods: PROPFIND\nAccess-Control-Allow-Origin: https://app.example.com\nVary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers"},
		{"echo of two lines", echo, preflight(app, "GET", "x-a", "x-b"), 204, "Access-Control-Allow-Credentials: true\nAccess-Control-Allow-Headers: x-a\nAccess-Control-Allow-Headers: x-b\nAccess-Control-Allow-Methods: GET\nAccess-Control-Allow-Origin: https://app.example.com\nVary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers"},
		{"echo of none", echo, preflight(app, "GET"), 204, "Access-Control-Allow-Credentials: true\nAccess-Control-Allow-Methods: GET\nAccess-Control-Allow-Origin: https://app.example.com\nVary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := serve(mustNew(t, c.policy).Wrap(ok), c.r)
			if w.Code != c.status {
				t.Errorf("status %d, want %d", w.Code, c.status)
			}
			if got := lines(w.Header()); got != c.want {
				t.Errorf("headers:\n%s\nwant:\n%s", got, c.want)
			}
		})
	}
}

func lines(h http.Header) string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(h)) {
		for _, value := range h[name] {
			list = append(list, name+": "+value)
		}
	}
	return strings.Join(list, "\n")
}

func TestVaryIsMerged(t *testing.T) {
	echo := cors.Policy{AllowOrigins: []string{app}, AllowMethods: []string{"*"}, AllowHeaders: []string{"*"}, AllowCredentials: true}
	for _, c := range []struct {
		policy cors.Policy
		r      *http.Request
		before []string
		after  string
	}{
		{full(), request("GET"), []string{"Accept-Encoding"}, "Accept-Encoding|Origin"},
		{full(), request("GET", "Origin", app), []string{"Accept-Encoding"}, "Accept-Encoding|Origin"},
		{full(), request("GET", "Origin", evil), []string{"Accept-Encoding", "Cookie"}, "Accept-Encoding|Cookie|Origin"},
		{full(), request("GET", "Origin", app), []string{"accept, ORIGIN"}, "accept, ORIGIN"},
		{full(), request("GET", "Origin", app), []string{"X-Origin"}, "X-Origin|Origin"},
		{full(), request("GET", "Origin", app), []string{"*"}, "*"},
		{full(), preflight(app, "PUT"), []string{"Accept-Encoding"}, "Accept-Encoding|Origin"},
		{echo, preflight(app, "PUT"), []string{"Origin"}, "Origin|Access-Control-Request-Method|Access-Control-Request-Headers"},
		{cors.Policy{AllowOrigins: []string{"*"}}, request("GET", "Origin", app), []string{"Cookie"}, "Cookie"},
	} {
		before := slices.Clip(slices.Clone(c.before))
		w := httptest.NewRecorder()
		w.Header()["Vary"] = before
		mustNew(t, c.policy).Wrap(ok).ServeHTTP(w, c.r)
		if got := strings.Join(w.Header()["Vary"], "|"); got != c.after {
			t.Errorf("%s %v: Vary %q became %q, want %q", c.r.Method, c.r.Header, c.before, got, c.after)
		}
		if !slices.Equal(before, c.before) {
			t.Errorf("the slice of an outer layer was changed to %q", before)
		}
	}
}

// TestScribblers overwrites the header values of responses. Neither later
// responses nor the request may change.
func TestScribblers(t *testing.T) {
	echo := cors.Policy{AllowOrigins: []string{app}, AllowMethods: []string{"*"}, AllowHeaders: []string{"*"}, AllowCredentials: true, ExposeHeaders: []string{"x-a"}}
	for _, p := range []cors.Policy{full(), echo, {AllowOrigins: []string{app}}, {AllowOrigins: []string{"*"}, ExposeHeaders: []string{"*"}}} {
		m := mustNew(t, p)
		scribble := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { scribbleOver(w.Header()) })
		for _, make := range []func() *http.Request{
			func() *http.Request { return request("GET") },
			func() *http.Request { return request("GET", "Origin", app) },
			func() *http.Request { return request("GET", "Origin", evil) },
			func() *http.Request { return preflight(app, "PUT", "content-type", "x-request-id") },
		} {
			want := lines(serve(m.Wrap(ok), make()).Header())
			for range 3 {
				r := make()
				before := r.Header.Clone()
				w := serve(m.Wrap(scribble), r)
				scribbleOver(w.Header()) // preflights do not reach the handler
				if !maps.EqualFunc(before, r.Header, slices.Equal) {
					t.Errorf("the request became %v", r.Header)
				}
			}
			if got := lines(serve(m.Wrap(ok), make()).Header()); got != want {
				t.Errorf("headers after a scribbler:\n%s\nwant:\n%s", got, want)
			}
		}
	}
}

func scribbleOver(h http.Header) {
	for name, value := range h {
		all := value[:cap(value)]
		for i := range all {
			all[i] = "scribble"
		}
		h[name] = append(value, "more")
	}
}

// TestValuesAreApart appends to each header value in turn. The others must not
// change.
func TestValuesAreApart(t *testing.T) {
	plain := cors.Policy{AllowOrigins: []string{app}, AllowMethods: []string{"PUT"}, AllowHeaders: []string{"content-type"}}
	for _, p := range []cors.Policy{full(), plain} {
		m := mustNew(t, p)
		for _, make := range []func() *http.Request{
			func() *http.Request { return request("GET", "Origin", app) },
			func() *http.Request { return preflight(app, "PUT", "content-type") },
		} {
			want := serve(m.Wrap(ok), make()).Header()
			for name := range want {
				got := serve(m.Wrap(ok), make()).Header()
				got[name] = append(got[name], "more")
				delete(got, name)
				rest := want.Clone()
				delete(rest, name)
				if lines(got) != lines(rest) {
					t.Errorf("appending to %s made\n%s\nof\n%s", name, lines(got), lines(rest))
				}
			}
		}
	}
}

func TestHeadersSurvivePanics(t *testing.T) {
	m := mustNew(t, full())
	h := m.Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a handler's") }))
	outside := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if recover() != nil {
				http.Error(w, "sorry", http.StatusInternalServerError)
			}
		}()
		h.ServeHTTP(w, r)
	})
	server := httptest.NewServer(outside)
	defer server.Close()
	r, err := http.NewRequestWithContext(t.Context(), "GET", server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", app)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 500 || res.Header.Get("Access-Control-Allow-Origin") != app || res.Header.Get("Access-Control-Expose-Headers") == "" {
		t.Errorf("status %d, headers %v", res.StatusCode, res.Header)
	}
}

func TestRequestHeaders(t *testing.T) {
	empties := func(n int) string { return strings.Repeat(",", n) }
	blanks := strings.Repeat(" \t", 100)
	anyHeader := cors.Policy{AllowOrigins: []string{app}, AllowHeaders: []string{"*"}}
	for _, c := range []struct {
		policy cors.Policy
		lines  []string
		want   cors.Reason
		header string
	}{
		{full(), nil, permitted, ""},
		{full(), []string{""}, permitted, ""},
		{full(), []string{"content-type,x-request-id"}, permitted, ""},
		{full(), []string{"x-request-id,content-type,x-request-id"}, permitted, ""},
		{full(), []string{"X-REQUEST-ID , Content-Type"}, permitted, ""},
		{full(), []string{blanks + "x-request-id" + blanks + "," + blanks + "content-type" + blanks}, permitted, ""},
		{full(), []string{"x-request-id", "content-type"}, permitted, ""},
		{full(), []string{"," + "x-request-id" + empties(15)}, permitted, ""},
		{full(), []string{empties(15)}, permitted, ""},
		{full(), []string{empties(16)}, cors.HeadersMalformed, ""},
		{full(), []string{empties(10), empties(10)}, cors.HeadersMalformed, ""},
		{full(), []string{"x-request-id,x-other"}, cors.HeaderNotAllowed, "x-other"},
		{full(), []string{"x-request-id", "x-other"}, cors.HeaderNotAllowed, "x-other"},
		{full(), []string{"x-request-i"}, cors.HeaderNotAllowed, "x-request-i"},
		{full(), []string{"x request-id"}, cors.HeaderNotAllowed, "x request-id"},
		{full(), []string{"content-type\x00"}, cors.HeaderNotAllowed, "content-type\x00"},
		{full(), []string{"content-type;x-request-id"}, cors.HeaderNotAllowed, "content-type;x-request-id"},
		{full(), []string{strings.Repeat("content-type,", 630) + "content-type"}, cors.HeadersMalformed, ""},
		{full(), slices.Repeat([]string{"content-type"}, 64), permitted, ""},
		{full(), slices.Repeat([]string{"content-type"}, 65), cors.HeadersMalformed, ""},
		{anyHeader, []string{"x-a,x-b"}, permitted, ""},
		{anyHeader, []string{"x-a,Authorization"}, cors.AuthorizationNotListed, "Authorization"},
		{anyHeader, []string{"x-a,x b"}, cors.HeadersMalformed, "x b"},
		{anyHeader, []string{strings.Repeat("a", 9000)}, cors.HeadersMalformed, ""},
	} {
		d := mustNew(t, c.policy).Decide(preflight(app, "PUT", c.lines...))
		if c.policy.AllowMethods == nil {
			d = mustNew(t, c.policy).Decide(preflight(app, "GET", c.lines...))
		}
		if d.Reason != c.want || d.Header != c.header || d.Allowed != (c.want == permitted) {
			t.Errorf("%.60q: %v, header %q; want %v, %q", c.lines, d.Reason, d.Header, c.want, c.header)
		}
	}
}

func TestDecide(t *testing.T) {
	m := mustNew(t, full())
	for _, c := range []struct {
		r    *http.Request
		want string
	}{
		{request("GET"), "not a CORS request: it has no Origin header"},
		{request("PUT", "Origin", app), "allowed: actual PUT from https://app.example.com"},
		{preflight(app, "PUT", "content-type"), "allowed: preflight PUT from https://app.example.com"},
		{request("GET", "Origin", evil), "refused: actual GET from https://evil.example: the policy does not allow the origin"},
		{request("GET", "Origin", app+"/"), "refused: actual GET from https://app.example.com/: no browser sends such an Origin header"},
		{request("GET", "Origin", "null"), "refused: actual GET from null: any page can have the origin null, and the policy does not allow it"},
		{preflight(app, "PATCH"), "refused: preflight PATCH from https://app.example.com: the policy does not allow the method"},
		{preflight(app, "PUT", "x-b"), `refused: preflight PUT from https://app.example.com: the policy does not allow the request header "x-b"`},
	} {
		if got := m.Decide(c.r).String(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	if d := new(cors.Middleware).Decide(request("GET", "Origin", app)); d.Reason != cors.NoPolicy || d.Allowed {
		t.Errorf("the zero Middleware decides %+v", d)
	}
}

func TestDebug(t *testing.T) {
	anyHeader := cors.Policy{AllowOrigins: []string{"*"}, AllowMethods: []string{"*"}, AllowHeaders: []string{"*"}}
	for _, c := range []struct {
		name   string
		policy cors.Policy
		r      *http.Request
		status int
		want   string
	}{
		{"origin, actual", full(), request("GET", "Origin", evil), 200, "Access-Control-Allow-Origin: https://app.example.com\nVary: Origin"},
		{"origin, preflight", full(), preflight(evil, "PUT"), 204, "Access-Control-Allow-Origin: https://app.example.com"},
		{"method", full(), preflight(app, "PATCH"), 204, "Access-Control-Allow-Credentials: true\nAccess-Control-Allow-Methods: DELETE,PUT\nAccess-Control-Allow-Origin: https://app.example.com"},
		{"header", full(), preflight(app, "PUT", "x-b"), 204, "Access-Control-Allow-Credentials: true\nAccess-Control-Allow-Headers: content-type,x-request-id\nAccess-Control-Allow-Methods: DELETE,PUT\nAccess-Control-Allow-Origin: https://app.example.com"},
		{"authorization", anyHeader, preflight(app, "PUT", "authorization"), 204, "Access-Control-Allow-Methods: PUT\nAccess-Control-Allow-Origin: *"},
		{"forbidden method", anyHeader, preflight(app, "TRACE"), 204, "Access-Control-Allow-Origin: *"},
		{"the pattern as an origin", cors.Policy{AllowOrigins: []string{"https://*.example.com"}}, request("GET", "Origin", "https://*.example.com"), 200, "Vary: Origin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := mustNew(t, c.policy)
			m.SetDebug(true)
			w := serve(m.Wrap(ok), c.r)
			if got := lines(w.Header()); got != c.want || w.Code != c.status {
				t.Errorf("status %d, headers:\n%s\nwant %d:\n%s", w.Code, got, c.status, c.want)
			}
			m.SetDebug(false)
			if w := serve(m.Wrap(ok), c.r); w.Header().Get("Access-Control-Allow-Origin") == app {
				t.Error("debug mode stays on")
			}
		})
	}
}

func TestOriginFunc(t *testing.T) {
	tenants := func(_ *http.Request, o origin.Origin) bool { return strings.HasSuffix(o.Host(), ".tenant.example") }
	p := cors.Policy{AllowOrigins: []string{app}, AllowOriginFunc: tenants, AllowCredentials: true}
	m := mustNew(t, p)
	for in, want := range map[string]cors.Reason{
		app:                          permitted,
		"https://a.tenant.example":   permitted,
		"http://a.tenant.example":    cors.OriginInsecure,
		"https://A.tenant.example":   cors.OriginMalformed,
		"https://x/.tenant.example":  cors.OriginMalformed,
		"https://tenant.example.com": cors.OriginNotAllowed,
		"null":                       cors.OriginNull,
	} {
		if got := m.Decide(request("GET", "Origin", in)).Reason; got != want {
			t.Errorf("%s: %v, want %v", in, got, want)
		}
	}
	if _, err := cors.New(cors.Policy{AllowOriginFunc: tenants}); err != nil {
		t.Errorf("a function alone: %v", err)
	}
}

func TestRegexps(t *testing.T) {
	m := mustNew(t, cors.Policy{DangerouslyAllowOriginRegexps: []string{`https://[a-z]+\.example\.com`, `https://(a|b)\.example\.org(:\d+)?`}})
	for in, want := range map[string]bool{
		"https://foo.example.com":          true,
		"https://b.example.org:8443":       true,
		"https://foo.example.com.evil.net": false,
		"xhttps://foo.example.com":         false,
		"https://Foo.example.com":          false,
		"https://foo.example.com\n":        false,
		"https://c.example.org":            false,
	} {
		if got := m.Decide(request("GET", "Origin", in)).Allowed; got != want {
			t.Errorf("%q: %t", in, got)
		}
	}
}

func TestReconfigure(t *testing.T) {
	m := mustNew(t, cors.Policy{AllowOrigins: []string{app}})
	h := m.Wrap(ok)
	if err := m.Reconfigure(cors.Policy{AllowOrigins: []string{"nonsense"}}); err == nil {
		t.Fatal("a wrong policy was accepted")
	}
	if got := m.Policy().AllowOrigins; !slices.Equal(got, []string{app}) {
		t.Errorf("after an error, the policy allows %q", got)
	}
	if err := m.Reconfigure(cors.Policy{AllowOrigins: []string{evil}}); err != nil {
		t.Fatal(err)
	}
	if got := serve(h, request("GET", "Origin", evil)).Header().Get("Access-Control-Allow-Origin"); got != evil {
		t.Errorf("after Reconfigure, %q is allowed", got)
	}
}

// TestReconfigureUnderLoad switches between two policies. Every response must
// follow one of them, not a mixture.
func TestReconfigureUnderLoad(t *testing.T) {
	policies := []cors.Policy{
		{AllowOrigins: []string{app}, AllowMethods: []string{"PUT"}, MaxAge: cors.CacheFor(time.Second)},
		{AllowOrigins: []string{app}, AllowMethods: []string{"PATCH"}, MaxAge: cors.CacheFor(2 * time.Second), AllowHeaders: []string{"x-a"}},
	}
	m := mustNew(t, policies[0])
	h := m.Wrap(ok)
	want := map[string]bool{"PUT||1": true, "PATCH|x-a|2": true}
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				a := serve(h, preflight(app, "GET")).Header()
				got := fmt.Sprintf("%s|%s|%s", a.Get("Access-Control-Allow-Methods"), a.Get("Access-Control-Allow-Headers"), a.Get("Access-Control-Max-Age"))
				if !want[got] {
					t.Errorf("an answer of no policy: %s", got)
					return
				}
			}
		})
	}
	for i := range 500 {
		if err := m.Reconfigure(policies[i%2]); err != nil {
			t.Error(err)
		}
		m.Policy()
	}
	close(stop)
	wg.Wait()
}

func TestZeroMiddleware(t *testing.T) {
	var m cors.Middleware
	w := serve(m.Wrap(ok), preflight(app, "PUT"))
	if w.Code != 200 || len(w.Header()) != 0 {
		t.Errorf("status %d, headers %v", w.Code, w.Header())
	}
	if p := m.Policy(); p.AllowOrigins != nil {
		t.Errorf("its policy is %+v", p)
	}
}

// The decision that is handed on is the one that is acted on: it is made once,
// before anything is written.
func TestOnDecision(t *testing.T) {
	asked := 0
	p := full()
	p.AllowOriginFunc = func(*http.Request, origin.Origin) bool { asked++; return false }
	private, public := mustNew(t, p), mustNew(t, cors.Policy{AllowOrigins: []string{"*"}})
	rt, err := cors.NewRouter(map[string]*cors.Middleware{"/": private, "/public": public})
	if err != nil {
		t.Fatal(err)
	}
	var got []cors.Decision
	o := cors.WrapOptions{OnDecision: func(w http.ResponseWriter, r *http.Request, d cors.Decision) {
		if len(w.Header()) > 0 {
			t.Errorf("%s: the header has been set: %v", r.URL.Path, w.Header())
		}
		got = append(got, d)
	}}
	overriding := cors.WrapOptions{OnDecision: o.OnDecision, Override: true}
	for name, h := range map[string]http.Handler{
		"Middleware": private.WrapWith(ok, o), "override": private.WrapWith(ok, overriding),
		"Router": rt.WrapWith(ok, o), "Router, override": rt.WrapWith(ok, overriding),
	} {
		for _, r := range []*http.Request{
			request("GET"), request("GET", "Origin", app), request("GET", "Origin", evil), request("POST", "Origin", "no origin"),
			preflight(app, "PUT"), preflight(app, "PATCH"), preflight(app, "PUT", "X-Other"), preflight(evil, "PUT"),
		} {
			want := private.Decide(r)
			got, asked = nil, 0
			serve(h, r)
			if len(got) != 1 || got[0] != want {
				t.Errorf("%s: %+v, want %+v", name, got, want)
			}
			if asked > 1 {
				t.Errorf("%s: %+v: the origin has been judged %d times", name, want, asked)
			}
		}
	}
	part, err := cors.NewRouter(map[string]*cors.Middleware{"/public": public})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		h    http.Handler
		path string
		want string
	}{
		{"zero", new(cors.Middleware).WrapWith(ok, o), "/public/../x", "no-policy"},
		{"no prefix", part.WrapWith(ok, o), "/x", "no-policy"},
		{"ambiguous", rt.WrapWith(ok, o), "/public/../x", "ambiguous-path"},
		{"ambiguous, override", rt.WrapWith(ok, overriding), "/public/../x", "ambiguous-path"},
	} {
		for _, r := range []*http.Request{request("GET", "Origin", app), preflight(app, "PUT")} {
			r.URL.Path = c.path
			got = nil
			serve(c.h, r)
			if len(got) != 1 || got[0].Reason.String() != c.want || got[0].Allowed {
				t.Errorf("%s: %+v", c.name, got)
			}
		}
		r := request("GET") // without an origin, there is nothing to refuse
		r.URL.Path = c.path
		got = nil
		serve(c.h, r)
		if len(got) != 1 || got[0].Kind != cors.NonCORS || c.want == "ambiguous-path" && got[0].Reason.String() != "no-origin" {
			t.Errorf("%s, without an origin: %+v", c.name, got)
		}
	}
	got = nil
	r := preflight(app, "PUT")
	r.URL.Path = "/public/../x"
	serve(rt.WrapWith(ok, o), r)
	const want = "refused: preflight PUT from " + app + ": servers may read the path as that of another policy"
	if len(got) != 1 || got[0].String() != want {
		t.Errorf("%v, want %s", got, want)
	}
}
