package gateway_test

import (
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
)

// upstreams behave as servers do in front of which people put a gateway.
var upstreams = map[string]http.HandlerFunc{
	// It knows nothing of CORS, and its router answers OPTIONS with 405.
	"none": func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			w.Header().Set("Allow", "PUT")
			http.Error(w, "405 method not allowed", http.StatusMethodNotAllowed)
			return
		}
		_, _ = io.WriteString(w, "done")
	},
	// It asks for a login before anything else.
	"login": func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			w.Header().Set("Www-Authenticate", "Bearer")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, "who are you?")
			return
		}
		_, _ = io.WriteString(w, "done")
	},
	// A filter sets one header on everything, and nobody answers preflights.
	"header only": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		if r.Method == http.MethodOptions {
			http.NotFound(w, r)
			return
		}
		_, _ = io.WriteString(w, "done")
	},
	// It refuses preflights as Spring does.
	"spring": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Origin")
		if r.Method == http.MethodOptions {
			http.Error(w, "Invalid CORS request", http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, "done")
	},
	// It refuses an origin as the cors package of npm does.
	"express": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Origin")
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		if r.Method == http.MethodOptions {
			w.Header().Set("Access-Control-Allow-Methods", "GET,PUT")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		_, _ = io.WriteString(w, "done")
	},
	// It does CORS right, for another page.
	"its own": func(w http.ResponseWriter, r *http.Request) {
		m, err := cors.New(cors.Policy{AllowOrigins: []string{partner}, AllowMethods: []string{"PATCH"}, AllowHeaders: []string{"X-Partner"}})
		if err != nil {
			panic(err)
		}
		m.Wrap(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "done") })).ServeHTTP(w, r)
	},
}

const partner = "https://partner.example"

// inMode returns a configuration with a route in a mode.
func inMode(t *testing.T, upstream string, mode config.Mode) *config.Config {
	t.Helper()
	c := one(t, upstream)
	c.Gateway.Routes[0].Mode = mode
	return c
}

// asPage makes a request as a page of an origin, and returns what script sees: the body,
// or "blocked".
func asPage(t *testing.T, origin, method, url string) string {
	t.Helper()
	client, err := fetch.NewClient(origin, fetch.TransportConfig{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := client.Do(r)
	if err != nil {
		return "blocked"
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return string(body)
}

// TestModes has pages make requests through gateways in every mode, in front of servers
// of every kind.
func TestModes(t *testing.T) {
	modes := []config.Mode{config.ModeOwn, config.ModeFill, config.ModePassthrough}
	for _, c := range []struct {
		upstream, origin, method string
		want                     [3]string // in the modes
	}{
		{"none", app, "PUT", [3]string{"done", "done", "blocked"}},
		{"none", app, "GET", [3]string{"done", "done", "blocked"}},
		{"none", app, "PATCH", [3]string{"blocked", "blocked", "blocked"}},
		{"none", evil, "PUT", [3]string{"blocked", "blocked", "blocked"}},
		{"none", evil, "GET", [3]string{"blocked", "blocked", "blocked"}},
		{"login", app, "PUT", [3]string{"done", "done", "blocked"}},
		{"login", evil, "PUT", [3]string{"blocked", "blocked", "blocked"}},
		{"header only", app, "PUT", [3]string{"done", "done", "blocked"}},
		{"header only", app, "GET", [3]string{"done", "done", "done"}},
		{"header only", evil, "GET", [3]string{"blocked", "done", "done"}},
		{"header only", evil, "PUT", [3]string{"blocked", "blocked", "blocked"}},
		{"spring", app, "PUT", [3]string{"done", "done", "blocked"}},
		{"express", app, "PUT", [3]string{"done", "done", "blocked"}},
		{"express", evil, "PUT", [3]string{"blocked", "blocked", "blocked"}},
		{"its own", app, "PUT", [3]string{"done", "done", "blocked"}},
		{"its own", partner, "PATCH", [3]string{"blocked", "done", "done"}},
		{"its own", partner, "PUT", [3]string{"blocked", "blocked", "blocked"}},
		{"its own", evil, "GET", [3]string{"blocked", "blocked", "blocked"}},
	} {
		upstream := startServer(t, upstreams[c.upstream])
		for i, mode := range modes {
			g := start(t, inMode(t, upstream, mode), gateway.Options{})
			if got := asPage(t, c.origin, c.method, g.URL+"/x"); got != c.want[i] {
				t.Errorf("mode %q in front of %q: %s %s: %q, want %q", mode, c.upstream, c.origin, c.method, got, c.want[i])
			}
		}
	}
}

// TestFill checks which headers are filled in.
func TestFill(t *testing.T) {
	for _, c := range []struct {
		sent, want []string // "Name: value", of what matters
	}{
		{
			nil,
			[]string{"Access-Control-Allow-Credentials: true", "Access-Control-Allow-Origin: " + app, "Access-Control-Expose-Headers: x-total", "Cross-Origin-Resource-Policy: same-site", "Timing-Allow-Origin: " + app, "Vary: Origin"},
		},
		{
			[]string{"Access-Control-Allow-Origin: https://other.example", "Vary: Cookie"},
			[]string{"Access-Control-Allow-Origin: https://other.example", "Cross-Origin-Resource-Policy: same-site", "Timing-Allow-Origin: " + app, "Vary: Cookie", "Vary: Origin"},
		},
		{
			[]string{"Access-Control-Allow-Origin: a", "Access-Control-Allow-Origin: b", "Vary: origin"},
			[]string{"Access-Control-Allow-Origin: a", "Access-Control-Allow-Origin: b", "Cross-Origin-Resource-Policy: same-site", "Timing-Allow-Origin: " + app, "Vary: origin"},
		},
		{
			[]string{"Access-Control-Allow-Credentials: false", "Access-Control-Expose-Headers: X-Other", "Vary: *", "Timing-Allow-Origin: *", "Cross-Origin-Resource-Policy: cross-origin"},
			[]string{"Access-Control-Allow-Credentials: true", "Access-Control-Allow-Origin: " + app, "Access-Control-Expose-Headers: x-total", "Cross-Origin-Resource-Policy: cross-origin", "Timing-Allow-Origin: *", "Vary: *"},
		},
	} {
		conf := inMode(t, startServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for _, line := range c.sent {
				name, value, _ := strings.Cut(line, ": ")
				w.Header().Add(name, value)
			}
		})), config.ModeFill)
		policy := appPolicy
		policy.AllowTiming, policy.ResourcePolicy = true, "same-site"
		conf.Policies["app"] = policy
		res := do(t, "GET", start(t, conf, gateway.Options{}).URL, map[string]string{"Origin": app})
		var got []string
		for name, lines := range res.Header {
			if strings.HasPrefix(name, "Access-Control-") || strings.HasPrefix(name, "Cross-Origin-") || name == "Vary" || name == "Timing-Allow-Origin" {
				for _, line := range lines {
					got = append(got, name+": "+line)
				}
			}
		}
		if slices.Sort(got); !slices.Equal(got, c.want) {
			t.Errorf("%q:\n%q, want\n%q", c.sent, got, c.want)
		}
	}
}

// TestFilledPreflight checks that nothing of an answer of the upstream is left in that
// of the policy, whether it allows or refuses, and that the connection stays usable.
func TestFilledPreflight(t *testing.T) {
	g := start(t, inMode(t, startServer(t, upstreams["login"]), config.ModeFill), gateway.Options{})
	for origin, status := range map[string]int{app: 204, evil: 403} {
		res := do(t, "OPTIONS", g.URL+"/x", map[string]string{"Origin": origin, "Access-Control-Request-Method": "PUT"})
		body, _ := io.ReadAll(res.Body)
		if res.StatusCode != status || len(body) > 0 || res.Header.Get("Www-Authenticate") != "" || (status == 204) == (res.Header.Get("Access-Control-Allow-Origin") == "") {
			t.Errorf("%s: %s %v %q", origin, res.Status, res.Header, body)
		}
	}
	answers := send(t, g.URL, "OPTIONS /x HTTP/1.1\r\nHost: x\r\nOrigin: "+app+"\r\nAccess-Control-Request-Method: PUT\r\n\r\n"+
		"GET /x HTTP/1.1\r\nHost: x\r\nOrigin: "+app+"\r\nConnection: close\r\n\r\n")
	if strings.Count(answers, "HTTP/1.1 ") != 2 || !strings.HasPrefix(answers, "HTTP/1.1 204 ") || !strings.HasSuffix(answers, "done") {
		t.Errorf("%s", answers)
	}
	// An OPTIONS request that is not a preflight is the upstream's.
	if res := do(t, "OPTIONS", g.URL+"/x", map[string]string{"Origin": app}); res.StatusCode != 401 || res.Header.Get("Access-Control-Allow-Origin") != app {
		t.Errorf("%s %v", res.Status, res.Header)
	}
}

// TestHiddenOriginFilled checks that the policy fills in headers for the origin that the
// upstream does not get.
func TestHiddenOriginFilled(t *testing.T) {
	c := inMode(t, startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "" {
			w.WriteHeader(http.StatusForbidden)
		}
	})), config.ModeFill)
	c.Gateway.Routes[0].HideOrigin = true
	g := start(t, c, gateway.Options{})
	res := do(t, "PUT", g.URL, map[string]string{"Origin": app})
	checkOne(t, res.Header)
	if res.StatusCode != 200 {
		t.Errorf("%s", res.Status)
	}
	if got := asPage(t, app, "PUT", g.URL); got != "" {
		t.Errorf("a page: %q", got)
	}
}

// metric returns the lines of a metric whose labels contain a text.
func metric(t *testing.T, r *prometheus.Registry, name, labels string) (values map[string]float64) {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values = map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			var text []string
			for _, l := range m.GetLabel() {
				text = append(text, l.GetName()+"="+l.GetValue())
			}
			if key := strings.Join(text, " "); f.GetName() == name && strings.Contains(key, labels) && m.GetCounter().GetValue() > 0 {
				values[key] = m.GetCounter().GetValue()
			}
		}
	}
	return values
}

// TestPassthroughTrial checks how the policy is compared with what an upstream says.
func TestPassthroughTrial(t *testing.T) {
	type said map[string]string
	preflight := map[string]string{"Access-Control-Request-Method": "PUT"}
	for _, c := range []struct {
		headers map[string]string // of the request; a preflight if they have a method
		status  int
		said    said
		outcome string // with the kind
	}{
		{nil, 200, nil, "allowed"},
		{nil, 200, said{"Access-Control-Allow-Origin": app, "Access-Control-Allow-Credentials": "true", "Access-Control-Expose-Headers": "x-total, Content-Type"}, "same"},
		{nil, 200, said{"Access-Control-Allow-Origin": app}, "differs"},
		{nil, 200, said{"Access-Control-Allow-Origin": app, "Access-Control-Allow-Credentials": "true", "Access-Control-Expose-Headers": "X-Other"}, "differs"},
		{nil, 200, said{"Access-Control-Allow-Origin": "*"}, "differs"},
		{map[string]string{"Cookie": "a=b"}, 200, said{"Access-Control-Allow-Origin": "*"}, "allowed"},
		{map[string]string{"Cookie": "a=b"}, 200, said{"Access-Control-Allow-Origin": app}, "allowed"},
		{map[string]string{"Origin": evil}, 200, said{"Access-Control-Allow-Origin": "*"}, "refused"},
		{map[string]string{"Origin": evil}, 200, nil, "same"},
		{preflight, 204, said{"Access-Control-Allow-Origin": app, "Access-Control-Allow-Credentials": "true", "Access-Control-Allow-Methods": "GET, PUT"}, "same"},
		{preflight, 405, said{"Access-Control-Allow-Origin": app, "Access-Control-Allow-Methods": "GET, PUT"}, "allowed"},
		{preflight, 204, said{"Access-Control-Allow-Origin": app, "Access-Control-Allow-Methods": "GET"}, "allowed"},
		{preflight, 204, said{"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "*"}, "differs"},
		{map[string]string{"Access-Control-Request-Method": "PATCH"}, 204, said{"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "*"}, "refused"},
		{map[string]string{"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-a"}, 204, said{"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "X-A"}, "refused"},
		{map[string]string{"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"}, 204, said{"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}, "same"},
	} {
		registry := prometheus.NewRegistry()
		out := new(testenv.Log)
		g := start(t, inMode(t, startServer(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for name, value := range c.said {
				w.Header().Set(name, value)
			}
			w.WriteHeader(c.status)
		})), config.ModePassthrough), gateway.Options{Metrics: gateway.NewMetrics(registry), Logger: slog.New(slog.NewTextHandler(out, nil))})
		method, kind := "GET", "actual"
		headers := map[string]string{"Origin": app}
		for name, value := range c.headers {
			headers[name] = value
		}
		if headers["Access-Control-Request-Method"] != "" {
			method, kind = "OPTIONS", "preflight"
		}
		res := do(t, method, g.URL, headers)
		for name, value := range c.said {
			if res.Header.Get(name) != value {
				t.Errorf("%v: %s: %q", c, name, res.Header.Get(name))
			}
		}
		if res.StatusCode != c.status || len(c.said) == 0 && res.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%v: %s %v", c, res.Status, res.Header)
		}
		want := "kind=" + kind + " outcome=" + c.outcome + " policy=(upstream) route=/ trial=app"
		if got := metric(t, registry, "corsac_trial_total", ""); len(got) != 1 || got[want] != 1 {
			t.Errorf("%v: counted %v", c, got)
		}
		logs := map[string]string{"refused": "the policy on trial refuses what the upstream allows", "allowed": "the policy on trial allows what the upstream refuses"}
		if got := out.String(); logs[c.outcome] == "" && got != "" || !strings.Contains(got, logs[c.outcome]) || strings.Contains(got, "reason=permitted") {
			t.Errorf("%v: logged %s", c, got)
		}
	}
}

// TestFilledPreflightAdvertises checks that the answer of the policy has the gateway's own
// Alt-Svc, and none of the upstream, whatever that sends.
func TestFilledPreflightAdvertises(t *testing.T) {
	upstream := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/early" {
			w.WriteHeader(http.StatusEarlyHints)
		}
		w.Header().Set("Alt-Svc", `h3=":9"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	g, err := gateway.New(inMode(t, upstream, config.ModeFill), gateway.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, own := range []string{"", `h3=":443"`} {
		for _, path := range []string{"/", "/early"} {
			front := startServer(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if own != "" {
					w.Header().Set("Alt-Svc", own)
				}
				g.ServeHTTP(w, r)
			}))
			res := do(t, "OPTIONS", front+path, map[string]string{"Origin": app, "Access-Control-Request-Method": "PUT"})
			if got := strings.Join(res.Header["Alt-Svc"], ", "); res.StatusCode != 204 || got != own {
				t.Errorf("%s: %s %q, want %q", path, res.Status, got, own)
			}
		}
	}
}
