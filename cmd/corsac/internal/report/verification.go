package report

import (
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
		t.Cases(byURL[url], verify.Line)
		t.Line("")
	}
	passed := len(r.Cases) - r.Violations - r.Caused - r.Known - r.Noted - r.Skipped
	total := Count(len(r.Cases), "check", "checks") + ": " + Count(passed, "passes", "pass")
	for _, part := range []struct {
		n         int
		one, many string
	}{
		{r.Violations, "fails", "fail"},
		{r.Caused, "fails because of another", "fail because of another"},
		{r.Known, "is known to fail", "are known to fail"},
		{r.Noted, "passes with a remark", "pass with a remark"},
		{r.Skipped, "could not be made", "could not be made"},
	} {
		if part.n > 0 {
			total += ", " + Count(part.n, part.one, part.many)
		}
	}
	t.Line(total)
	for _, line := range r.Untested {
		t.Paragraph(t.Notice("not tested: "), verdict.Printable(line))
	}
}
