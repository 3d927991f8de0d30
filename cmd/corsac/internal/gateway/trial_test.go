package gateway_test

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
	"github.com/corsac-dev/corsac/cors"
)

// onTrial returns a configuration with a policy beside another.
func onTrial(t *testing.T, trial cors.Policy, rollout int) *config.Config {
	t.Helper()
	c := one(t, startServer(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})))
	c.Policies["next"] = trial
	c.Gateway.Routes[0].Trial, c.Gateway.Routes[0].Rollout = "next", rollout
	return c
}

// TestTrial checks that a trial changes no answer, and what is counted and logged of it.
func TestTrial(t *testing.T) {
	next := appPolicy
	next.AllowOrigins, next.AllowMethods = []string{app, partner}, []string{"PATCH"}
	stricter := appPolicy
	stricter.AllowCredentials = false
	for _, c := range []struct {
		name                   string
		trial                  cors.Policy
		method, origin, asks   string
		wantOutcome, wantInLog string
	}{
		{"both allow", next, "GET", app, "", "actual same", ""},
		{"both refuse", next, "GET", evil, "", "actual same", ""},
		{"new origin", next, "GET", partner, "", "actual allowed", `msg="the trial allows what the policy refuses" trial=next reason=origin-not-allowed origin=` + partner},
		{"lost method", next, "OPTIONS", app, "PUT", "preflight refused", `msg="the trial refuses what the policy allows" trial=next reason=method-not-allowed origin=` + app + " method=PUT"},
		{"new method", next, "OPTIONS", app, "PATCH", "preflight allowed", "the trial allows what the policy refuses"},
		{"both refuse a preflight", next, "OPTIONS", evil, "PUT", "preflight same", ""},
		{"credentials", stricter, "GET", app, "", "actual differs", ""},
		{"credentials of a preflight", stricter, "OPTIONS", app, "PUT", "preflight differs", ""},
		{"no origin", next, "GET", "", "", "", ""},
	} {
		var answers []string
		for _, tried := range []bool{false, true} {
			conf := onTrial(t, c.trial, 0)
			if !tried {
				conf.Gateway.Routes[0].Trial = ""
			}
			registry, out := prometheus.NewRegistry(), new(testenv.Log)
			g := start(t, conf, gateway.Options{Metrics: gateway.NewMetrics(registry), Logger: slog.New(slog.NewTextHandler(out, nil))})
			headers := map[string]string{}
			if c.origin != "" {
				headers["Origin"] = c.origin
			}
			if c.asks != "" {
				headers["Access-Control-Request-Method"] = c.asks
			}
			res := do(t, c.method, g.URL, headers)
			res.Header.Del("Date")
			answers = append(answers, fmt.Sprint(res.Status, res.Header))
			if !tried {
				continue
			}
			got := metric(t, registry, "corsac_trial_total", "")
			kind, outcome, _ := strings.Cut(c.wantOutcome, " ")
			if want := "kind=" + kind + " outcome=" + outcome + " policy=app route=/ trial=next"; c.wantOutcome == "" && len(got) > 0 || c.wantOutcome != "" && (len(got) != 1 || got[want] != 1) {
				t.Errorf("%s: counted %v", c.name, got)
			}
			if log := out.String(); !strings.Contains(log, c.wantInLog) || c.wantInLog == "" && strings.Contains(log, "trial") {
				t.Errorf("%s: logged %s", c.name, log)
			}
		}
		if answers[0] != answers[1] {
			t.Errorf("%s: without a trial\n%s, with one\n%s", c.name, answers[0], answers[1])
		}
	}
}

// TestShareOf checks the documented formula, apart from the code, and that origins are
// spread.
func TestShareOf(t *testing.T) {
	var below [101]int
	for i := range 10_000 {
		origin := fmt.Sprintf("https://tenant-%d.example.com", i)
		share := gateway.ShareOf(origin)
		digits := fmt.Sprintf("%x", sha256.Sum256([]byte(origin)))[:8]
		n, _ := new(big.Int).SetString(digits, 16)
		if want := n.Mod(n, big.NewInt(100)); want.Int64() != int64(share) {
			t.Fatalf("%s: %d, want %d", origin, share, want)
		}
		below[share+1]++
	}
	for i := range 100 {
		below[i+1] += below[i]
	}
	for percent := range 101 {
		if off := below[percent] - 100*percent; off < -200 || off > 200 {
			t.Errorf("%d of 10,000 origins are below %d", below[percent], percent)
		}
	}
	// As in the guide.
	if got := gateway.ShareOf("https://app.example.com"); got != 74 {
		t.Errorf("https://app.example.com: %d", got)
	}
}

// TestRollout checks that the trial is announced to its share of the origins, by the
// early answers to preflights too, and that caches keep the responses apart.
func TestRollout(t *testing.T) {
	open := cors.Policy{AllowOrigins: []string{"*"}, AllowMethods: []string{"PUT"}}
	conf := onTrial(t, open, 40)
	policy := open
	policy.AllowMethods = []string{"PUT", "DELETE"}
	conf.Policies["app"] = policy
	registry := prometheus.NewRegistry()
	g := start(t, conf, gateway.Options{Metrics: gateway.NewMetrics(registry)})
	given := 0
	for i := range 50 {
		origin := fmt.Sprintf("https://tenant-%d.example.com", i)
		tried := gateway.ShareOf(origin) < 40
		if tried {
			given++
		}
		conn := dial(t, g)
		conn.write("OPTIONS / HTTP/1.1\r\nHost: x\r\nOrigin: " + origin + "\r\nAccess-Control-Request-Method: PUT\r\n\r\n")
		early := conn.response()
		// A body keeps a preflight out of the lane.
		late := send(t, g.URL, "OPTIONS / HTTP/1.1\r\nHost: x\r\nOrigin: "+origin+"\r\nAccess-Control-Request-Method: PUT\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx")
		if got := early.Header.Get("Access-Control-Allow-Methods") == "PUT"; got != tried || strings.Contains(late, "Access-Control-Allow-Methods: PUT\r\n") != tried {
			t.Errorf("%s: share %d: early %v, late %s", origin, gateway.ShareOf(origin), early.Header, late)
		}
		if res := do(t, "GET", g.URL, map[string]string{"Origin": origin}); !strings.Contains(res.Header.Get("Vary"), "Origin") {
			t.Errorf("Vary: %q", res.Header["Vary"])
		}
	}
	if given == 0 || given == 50 {
		t.Errorf("%d of 50 origins get the trial", given)
	}
	counted := metric(t, registry, "corsac_cors_decisions_total", "policy=next")
	if n := counted["allowed=true kind=preflight policy=next reason=permitted route=/"]; int(n) != 2*given {
		t.Errorf("%v, want %d preflights", counted, 2*given)
	}
	if n := metric(t, registry, "corsac_trial_total", "outcome=same"); len(n) != 2 {
		t.Errorf("%v", n)
	}
}

// TestRolloutWhole checks the ends: nobody gets the trial with 0 %, and everybody with
// 100 %, clients without an origin included.
func TestRolloutWhole(t *testing.T) {
	for rollout, want := range map[int]string{0: "", 100: "*"} {
		conf := onTrial(t, cors.Policy{AllowOrigins: []string{"*"}}, rollout)
		g := start(t, conf, gateway.Options{})
		if got := do(t, "GET", g.URL, nil).Header.Get("Access-Control-Allow-Origin"); got != want {
			t.Errorf("%d %%: %q", rollout, got)
		}
		if got := asPage(t, evil, "GET", g.URL); (got == "blocked") != (rollout == 0) {
			t.Errorf("%d %%: %q", rollout, got)
		}
	}
}

// TestTrialGuards checks that options of a route refuse by the policy that the origin
// gets.
func TestTrialGuards(t *testing.T) {
	for rollout, want := range map[int]int{0: 403, 100: 200} {
		conf := onTrial(t, cors.Policy{AllowOrigins: []string{partner}}, rollout)
		conf.Gateway.Routes[0].RefuseCrossOriginWrites = true
		if status, body, _ := request(t, start(t, conf, gateway.Options{}), "POST", "/", "", "Origin: "+partner); status != want {
			t.Errorf("%d %%: %d %s", rollout, status, body)
		}
	}
}

// TestTreatmentOfAnotherReading checks that a path cannot get to another mode, trial or form
// of preflights by a spelling.
func TestTreatmentOfAnotherReading(t *testing.T) {
	for name, change := range map[string]func(*config.Route){
		"mode":  func(r *config.Route) { r.Mode = config.ModePassthrough },
		"trial": func(r *config.Route) { r.Trial = "next" },
		"full":  func(r *config.Route) { r.FullPreflights = true },
	} {
		conf := onTrial(t, cors.Policy{AllowOrigins: []string{"*"}}, 0)
		conf.Gateway.Routes[0].Trial = ""
		other := conf.Gateway.Routes[0]
		other.Path = "/other"
		change(&other)
		conf.Gateway.Routes = append(conf.Gateway.Routes, other)
		g := start(t, conf, gateway.Options{})
		for _, path := range []string{"/x/..//other/x", "/x/../other/x", "/x/%2e%2e/other/x"} {
			if status, body, _ := request(t, g, "GET", path, "", "Origin: "+app); status != 400 {
				t.Errorf("%s, %s: %d %s", name, path, status, body)
			}
		}
	}
}

// TestVaryOfOwnAnswers checks that the gateway's own answers, too, are for one origin where
// some origins get another policy.
func TestVaryOfOwnAnswers(t *testing.T) {
	conf := onTrial(t, appPolicy, 30)
	conf.Policies["all"] = cors.Policy{AllowOrigins: []string{"*"}, AllowMethods: []string{"PUT"}}
	conf.Gateway.Routes[0].Policy = "all"
	bounded := conf.Gateway.Routes[0]
	bounded.Path, bounded.MaxBody = "/bounded", 1
	filled := conf.Gateway.Routes[0]
	filled.Path, filled.Mode = "/filled", config.ModeFill
	conf.Gateway.Routes = append(conf.Gateway.Routes, bounded, filled)
	g := start(t, conf, gateway.Options{})
	const put = "Access-Control-Request-Method: PUT\r\n"
	for _, c := range []struct{ line, rest, status string }{
		{"GET /" + strings.Repeat("x", 130<<10), "", "414"},
		{"GET /%", "", "400"},
		{"GET /x/..%2fbounded", "", "400"},
		{"POST /bounded", "Content-Length: 2\r\n", "413"},
		{"POST /filled", "Content-Length: 0\r\n", "200"},
		{"OPTIONS /", put, "204"},
		{"OPTIONS /", strings.Replace(put, "PUT", "PATCH", 1), "403"},
		{"OPTIONS /filled", put, "204"},
		{"OPTIONS /filled", strings.Replace(put, "PUT", "PATCH", 1), "403"},
	} {
		answer := ask(t, g, c.line+" HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: "+app+"\r\n"+c.rest+"\r\n")
		if !strings.HasPrefix(answer, "HTTP/1.1 "+c.status+" ") || strings.Count(answer, "\r\nVary: Origin\r\n") != 1 {
			t.Errorf("%.40s: %.600s", c.line, answer)
		}
	}
	early := dial(t, g)
	early.write("OPTIONS / HTTP/1.1\r\nHost: x\r\nOrigin: " + app + "\r\n" + put + "\r\n")
	if res := early.response(); res.StatusCode != 204 || res.Header.Get("Vary") != "Origin" {
		t.Errorf("%s %v", res.Status, res.Header)
	}
}

// TestTrialRefusals checks that what an option refuses because of a policy on trial is
// counted for that policy, which is the one to change.
func TestTrialRefusals(t *testing.T) {
	next := appPolicy
	next.ExposeHeaders = nil
	c, m := onTrial(t, next, 100), gateway.NewMetrics(prometheus.NewRegistry())
	g := start(t, c, gateway.Options{Metrics: m})
	if status, _, _ := request(t, g, "GET", "/", "", "Connection: Upgrade", "Upgrade: websocket", "Origin: "+evil); status != http.StatusForbidden {
		t.Fatalf("status %d", status)
	}
	if got := m.Refusals(c, 9); len(got) != 1 || got[0].Policy != "next" || got[0].Reason != "websocket_origins" {
		t.Errorf("%+v", got)
	}
}

// TestRefusalsOfRemovedPolicy checks that no change is suggested to a policy that a reload
// has removed.
func TestRefusalsOfRemovedPolicy(t *testing.T) {
	c, m := onTrial(t, appPolicy, 100), gateway.NewMetrics(prometheus.NewRegistry())
	g := start(t, c, gateway.Options{Metrics: m})
	request(t, g, "GET", "/", "", "Origin: "+evil)
	delete(c.Policies, "next")
	if got := m.Refusals(c, 9); len(got) != 1 || got[0].Change != "" || got[0].Obstacle != "the policy is no longer there" {
		t.Errorf("%+v", got)
	}
}

// TestTrialOfFewerOrigins checks that a policy on trial for some origins is compared as it
// is, where the policy of the route is for all origins with credentials.
func TestTrialOfFewerOrigins(t *testing.T) {
	c := onTrial(t, appPolicy, 0)
	c.Policies["app"] = cors.Policy{AllowOrigins: []string{"*"}}
	c.Gateway.Routes[0].DangerouslyAllowAllOriginsWithCredentials = true
	for rollout, want := range map[int]string{0: evil, 100: ""} {
		c.Gateway.Routes[0].Rollout = rollout
		registry := prometheus.NewRegistry()
		g := start(t, c, gateway.Options{Metrics: gateway.NewMetrics(registry)})
		if _, _, h := request(t, g, "GET", "/", "", "Origin: "+evil); h.Get("Access-Control-Allow-Origin") != want {
			t.Errorf("%d %%: %v", rollout, h)
		}
		if n := metric(t, registry, "corsac_trial_total", "outcome=refused"); len(n) != 1 {
			t.Errorf("%d %%: %v", rollout, metric(t, registry, "corsac_trial_total", ""))
		}
	}
}

// TestForget checks that the series of a policy, of a trial and of a mode are gone once a
// reload has removed it, and that those of what stays keep their counts.
func TestForget(t *testing.T) {
	conf, registry := onTrial(t, appPolicy, 0), prometheus.NewRegistry()
	g, err := gateway.New(conf, gateway.Options{Metrics: gateway.NewMetrics(registry)})
	if err != nil {
		t.Fatal(err)
	}
	rt := &conf.Gateway.Routes[0]
	conf.Policies["new"] = appPolicy
	for _, step := range []struct {
		change func()
		want   string // how often, by the labels that distinguish series
	}{
		{func() {}, "app 1, app/next 1"},
		{func() { rt.Rollout = 100 }, "app 1, next 1, app/next 2"},
		{func() { rt.Policy, rt.Trial, rt.Rollout = "next", "", 0 }, "next 2"},
		{func() { rt.Policy = "new" }, "new 1"},
		{func() { rt.Mode = config.ModePassthrough }, "new 2, (upstream)/new 1"},
		{func() { rt.Mode, rt.Trial = config.ModeOwn, "app" }, "new 3, new/app 1"},
		{func() { rt.Trial = "next" }, "new 4, new/next 1"},
	} {
		step.change()
		if err := g.Reload(conf); err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		r.Header.Set("Origin", app)
		g.ServeHTTP(httptest.NewRecorder(), r)
		got := map[string]float64{}
		for _, name := range []string{"corsac_cors_decisions_total", "corsac_trial_total"} {
			for key, n := range metric(t, registry, name, "kind=actual") {
				labels := map[string]string{}
				for pair := range strings.FieldsSeq(key) {
					label, value, _ := strings.Cut(pair, "=")
					labels[label] = value
				}
				got[strings.TrimSuffix(labels["policy"]+"/"+labels["trial"], "/")] += n
			}
		}
		want := map[string]float64{}
		for part := range strings.SplitSeq(step.want, ", ") {
			name, n, _ := strings.Cut(part, " ")
			want[name] = float64(n[0] - '0')
		}
		if !maps.Equal(got, want) {
			t.Errorf("%v, want %s", got, step.want)
		}
	}
	for _, gone := range []string{"policy=app", "trial=app", "(upstream)", "policy=next"} {
		families, err := registry.Gather() // also those that are 0
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if text := strings.NewReplacer("name:", "", `" value:"`, "=", `"`, "").Replace(f.String()); strings.Contains(text, gone) {
				t.Errorf("%s is still in %s", gone, f.GetName())
			}
		}
	}
}
