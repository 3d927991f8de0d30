package cli_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// TestCheckCause checks that the JSON names the cause in every browser, and
// that there is a change to the policy only if the policy is the cause.
func TestCheckCause(t *testing.T) {
	api := corsServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/moved/", http.StatusTemporaryRedirect)
		case "/doubled":
			allow(w, "Access-Control-Allow-Origin", "*")
		case "/down":
			w.WriteHeader(http.StatusBadGateway)
		case "/method":
			allow(w, "Access-Control-Allow-Methods", "GET")
		case "/good":
			allow(w, "Access-Control-Allow-Methods", "PUT", "Vary", "Origin")
		}
	})
	for _, c := range []struct {
		path, method, cause string
		change              bool
	}{
		{"/moved", "PUT", "preflight-redirect-trailing-slash", false},
		{"/doubled", "GET", "duplicate-acao", false},
		{"/down", "GET", "gateway-error-without-cors", false},
		{"/method", "PUT", "method-not-allowed", true},
		{"/bare", "GET", "no-cors-headers", true},
		{"/good", "PUT", "", false},
	} {
		var out bytes.Buffer
		args := []string{"check", "--json", "--profile", "all", api + c.path, "-X", c.method, "--origin", testOrigin}
		if status := cli.Run(t.Context(), args, cli.IO{In: strings.NewReader(""), Out: &out, Err: &out, Getenv: noEnv}); status > cli.ExitFailed {
			t.Fatalf("%s: status %d: %s", c.path, status, out.String())
		}
		validateVerdict(t, out.Bytes())
		var v verdict.Verdict
		if err := json.Unmarshal(out.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		for _, one := range append(v.Others(), &v) {
			found := ""
			if len(one.Findings) > 0 {
				found = one.Findings[0].Cause
			}
			if found != c.cause || (len(one.Change) > 0) != c.change {
				t.Errorf("%s in %s: %q, change %v; want %q, %t", c.path, one.Profile, found, one.Change, c.cause, c.change)
			}
		}
	}
}
