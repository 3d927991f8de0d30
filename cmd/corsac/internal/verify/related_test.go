package verify_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/verify"
	"github.com/corsac-dev/corsac/cors"
)

// doubling is a server with the policy, behind a proxy that sets the header again.
func doubling(t *testing.T) http.Handler {
	t.Helper()
	inner := wrapped(t, policy(), app)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "nginx/1.26.0")
		w.Header().Set("X-Powered-By", "Express")
		inner.ServeHTTP(doubler{w}, r)
	})
}

type doubler struct{ http.ResponseWriter }

func (d doubler) WriteHeader(status int) {
	h := d.Header()
	h["Access-Control-Allow-Origin"] = slices.Repeat(h["Access-Control-Allow-Origin"], 2)
	d.ResponseWriter.WriteHeader(status)
}

func (d doubler) Write(p []byte) (int, error) {
	d.WriteHeader(http.StatusOK)
	return d.ResponseWriter.Write(p)
}

// TestDoubledOnce reports doubled headers as one violation, which the rest points
// to, with a fix for the proxy that doubles them.
func TestDoubledOnce(t *testing.T) {
	t.Parallel()
	cases := verifying(t, policy(), doubling(t))
	r := verify.Summarize("app", cases, nil)
	var fixes []string
	for i := range cases {
		switch c := &cases[i]; {
		case c.Failed() && c.Rule != "duplicate-acao":
			t.Errorf("%s: a violation of its own: %s", c.Rule, c.Name)
		case c.Failed():
			fixes = append(fixes, c.Findings[0].Fix.Text)
		case c.Because != "" && (c.Because != "duplicate-acao" || c.Findings[0].Severity != finding.Note):
			t.Errorf("%+v", c)
		}
	}
	if r.Violations == 0 || r.Caused < 5 || len(fixes) == 0 {
		t.Fatalf("%d violations, %d caused", r.Violations, r.Caused)
	}
	if !strings.Contains(fixes[0], "nginx") || strings.Contains(fixes[0], "app.use(") {
		t.Errorf("the fix is not for the proxy: %s", fixes[0])
	}
}

// TestDerivedEcho derives the policy of a server that repeats what preflights ask
// for.
func TestDerivedEcho(t *testing.T) {
	t.Parallel()
	for _, credentials := range []bool{false, true} {
		echo := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			h := w.Header()
			h.Set("Access-Control-Allow-Origin", r.Header.Get("Origin"))
			h.Set("Vary", "Origin")
			if credentials {
				h.Set("Access-Control-Allow-Credentials", "true")
			}
			if r.Method == http.MethodOptions {
				h.Set("Access-Control-Allow-Methods", r.Header.Get("Access-Control-Request-Method"))
				h.Set("Access-Control-Allow-Headers", r.Header.Get("Access-Control-Request-Headers"))
			}
		})
		p, err := verify.Derive(t.Context(), asking(echo), url, []string{"https://app.example.com"})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(p.AllowMethods, "*") || !slices.Contains(p.AllowHeaders, "*") {
			t.Errorf("credentials %t: derived %+v", credentials, p)
		}
		v := verify.Verifier{Policy: p, Derived: true, Ask: asking(echo), MaxProbes: 500}
		cases, _, err := v.Run(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		for _, slug := range broken(cases) {
			if strings.HasPrefix(slug, "unlisted-header") || strings.HasPrefix(slug, "unlisted-method") {
				t.Errorf("credentials %t: %s of a policy that nobody wrote", credentials, slug)
			}
		}
	}
}

// TestSafelisted verifies policies whose only methods are those that browsers
// always allow.
func TestSafelisted(t *testing.T) {
	t.Parallel()
	p := cors.Policy{AllowOrigins: []string{"https://app.example.com"}, AllowMethods: []string{"GET", "POST"}, MaxAge: policy().MaxAge}
	cases := verifying(t, p, wrapped(t, p, app))
	for i := range cases {
		if cases[i].Skipped != "" || len(cases[i].Findings) > 0 {
			t.Errorf("%+v", cases[i])
		}
	}
}

// TestLines says what fails, not that a negation does.
func TestLines(t *testing.T) {
	t.Parallel()
	p := policy()
	p.AllowMethods = append(p.AllowMethods, "PATCH", "QUERY")
	cases := verifying(t, policy(), wrapped(t, p, app))
	var broken []*finding.Case
	for i := range cases {
		if cases[i].Failed() {
			broken = append(broken, &cases[i])
		}
	}
	if got, want := verify.Line("unlisted-method-allowed", broken), "Other methods are refused: PATCH passes"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
