package report

import (
	"fmt"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/verify"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Verification writes what holds and what does not, by URL.
func (t *Text) Verification(r *verify.Report) {
	byURL := map[string][]finding.Case{}
	var urls []string
	for _, x := range r.Cases {
		if byURL[x.Group] == nil {
			urls = append(urls, x.Group)
		}
		byURL[x.Group] = append(byURL[x.Group], x)
	}
	what := "the policy that the server has"
	if r.Policy != "" {
		what = "policy " + r.Policy
	}
	for _, url := range urls {
		t.Line(t.Strong(verdict.Printable(url)) + " and " + verdict.Printable(what))
		t.Cases(byURL[url], verify.Holds)
		t.Line("")
	}
	total := fmt.Sprintf("%s: %d hold", Count(len(r.Cases), "check", "checks"), len(r.Cases)-r.Violations-r.Known-r.Skipped)
	for _, part := range []struct {
		n    int
		word string
	}{{r.Violations, "do not"}, {r.Known, "are known not to"}, {r.Skipped, "could not be made"}} {
		if part.n > 0 {
			total += fmt.Sprintf(", %d %s", part.n, part.word)
		}
	}
	t.Line(total)
}
