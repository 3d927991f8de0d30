package serve_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/config"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/serve"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
)

// TestAnnounceTrial checks that the origins are those of the policy, and not of the one
// on trial.
func TestAnnounceTrial(t *testing.T) {
	file := filepath.Join(t.TempDir(), "corsac.yaml")
	for options, want := range map[string]string{
		"":                           "policy app: https://app.example.com\n",
		", trial: next":              "policy app: https://app.example.com; on trial, policy next\n",
		", trial: next, rollout: 5%": "policy app: https://app.example.com; for 5 % of the origins, policy next\n",
	} {
		write(t, file, `policies: {app: {allow_origins: [https://app.example.com]}, next: {allow_origins: [https://other.example]}}
gateway: {listen: ":8080", routes: [{path: /, upstream: "http://127.0.0.1:9000", policy: app`+options+`}]}
`)
		var f config.File
		if err := f.Set(file); err != nil {
			t.Fatal(err)
		}
		c, err := f.Load(nil)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if serve.Announce(&b, terminal.Palette{}, c, "127.0.0.1:8080"); !strings.Contains(b.String(), want) {
			t.Errorf("%q: %s", options, &b)
		}
	}
}
