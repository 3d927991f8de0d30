package matrix

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/cli"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/verify"
)

// verified runs corsac verify, and returns the violations that it finds.
func (s *running) verified() (p problems) {
	file := filepath.Join(s.t.TempDir(), "corsac.yaml")
	text := fmt.Sprintf("policies:\n  %s: %s\n", s.name, s.yaml)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
	var out bytes.Buffer
	status := cli.Run(s.t.Context(), []string{"verify", "--json", s.url + "/x", "-c", file, "--failing", s.url + "/500"},
		cli.IO{In: strings.NewReader(""), Out: &out, Err: &out, Getenv: func(string) string { return "" }})
	var report verify.Report
	if err := json.Unmarshal(out.Bytes(), &report); err != nil || len(report.Cases) == 0 {
		return problems{fmt.Sprintf("status %d: %s", status, out.String())}
	}
	for _, c := range report.Cases {
		for _, f := range c.Findings {
			if f.Severity == finding.Error {
				p = append(p, fmt.Sprintf("%s: %s: %s", c.Name, f.Cause, strings.Join(f.Evidence, " | ")))
			}
		}
	}
	if status != cli.ExitOK && len(p) == 0 {
		p = append(p, fmt.Sprintf("status %d: %s", status, out.String()))
	}
	return p
}
