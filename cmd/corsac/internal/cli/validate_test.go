package cli_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/internal/cases"
)

// TestValidateCases checks with validate --json the policies that a middleware
// must refuse, or must not, collected from the suites and bug trackers of
// others. JSON is YAML too.
func TestValidateCases(t *testing.T) {
	refused := 0
	for _, c := range cases.AllMiddleware(t) {
		p := c.Policy
		file, err := json.Marshal(map[string]any{"policies": map[string]any{"p": map[string]any{
			"allow_origins": p.Origins, "allow_credentials": p.Credentials, "allow_methods": p.Methods,
			"allow_headers": p.RequestHeaders, "expose_headers": p.ExposeHeaders, "max_age": p.MaxAge,
		}}})
		if err != nil {
			t.Fatal(err)
		}
		status, stdout, stderr := run(t, string(file), "validate", "-c", "-", "--json")
		var got struct {
			OK       bool
			Findings []struct{ Cause string }
		}
		if err := json.Unmarshal([]byte(stdout), &got); err != nil {
			t.Fatalf("%s: %v\n%s%s", c.Name, err, stdout, stderr)
		}
		want, cause := "", ""
		if c.Expect.ConfigError != nil {
			want = *c.Expect.ConfigError
			refused++
		}
		if len(got.Findings) > 0 && !got.OK {
			cause, _, _ = strings.Cut(got.Findings[0].Cause, "/")
		}
		if wantStatus := map[bool]int{true: cli.ExitOK, false: cli.ExitFailed}[want == ""]; status != wantStatus || got.OK != (want == "") || cause != want {
			t.Errorf("%s: status %d, %s, want %q", c.Name, status, fmt.Sprint(got), want)
		}
	}
	if refused == 0 {
		t.Error("no case is refused")
	}
}
