package report_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/verify"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

func brokenCases() []finding.Case {
	f := finding.Finding{Cause: "unlisted-method-allowed", Severity: finding.Error, Title: "A method is allowed", Why: "Pages can use it.", Fix: finding.Fix{Text: "List the methods."}}
	one := func(method, because string) finding.Case {
		return finding.Case{Group: "https://api.example.com/", Rule: "unlisted-method-allowed", Name: "refused: method " + method, Subject: method, Because: because, Findings: []finding.Finding{f}}
	}
	patch, put, caused := one("PATCH", ""), one("PUT", ""), one("GET", "unlisted-method-allowed")
	caused.Rule, caused.Findings = "exposed", []finding.Finding{{Severity: finding.Note, Title: "Not exposed"}}
	noted := one("", "")
	noted.Rule, noted.Findings = "refusal-discloses", []finding.Finding{{Severity: finding.Note, Title: "Discloses"}}
	return []finding.Case{patch, put, caused, noted}
}

func verification(cases []finding.Case, known verify.Baseline) string {
	var b bytes.Buffer
	t := &report.Text{Writer: &terminal.Writer{Out: &b}}
	t.Verification(verify.Summarize("app", cases, known))
	return b.String()
}

// TestVerification reports what fails by name, what fails because of it below it,
// and remarks apart from failures.
func TestVerification(t *testing.T) {
	t.Parallel()
	got := verification(brokenCases(), nil)
	for _, want := range []string{
		"✗ Other methods are refused: PATCH, PUT pass (2 of 2 checks fail)\n", "the same for: PUT\n", "because of it: exposed: its check fails\n",
		"\n4 checks: 0 pass, 2 fail, 1 fails because of another, 1 passes with a remark\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in:\n%s", want, got)
		}
	}
	if n := strings.Count(got, "List the methods."); n != 1 {
		t.Errorf("the fix is there %d times", n)
	}
}

// TestKnown does not explain again what the user knows.
func TestKnown(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := report.JSON(&b, verify.Summarize("app", brokenCases(), nil)); err != nil {
		t.Fatal(err)
	}
	known, err := verify.ParseBaseline(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	got := verification(brokenCases(), known)
	if strings.Contains(got, "List the methods.") || !strings.Contains(got, "! Other methods are refused: known not to be so (2 of 2 checks fail)") || !strings.Contains(got, "3 are known to fail") {
		t.Error(got)
	}
}

// TestMarkdownOnce explains what several cases break once.
func TestMarkdownOnce(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := (&report.Document{Command: "corsac verify", Cases: brokenCases()}).Write(&b, "markdown"); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), "### error"); n != 1 || !strings.Contains(b.String(), "The same for: refused: method PUT") {
		t.Errorf("%d sections:\n%s", n, b.String())
	}
}

// TestCheckedFailed checks that a recorded failure that may be CORS is not called one
// of the network alone.
func TestCheckedFailed(t *testing.T) {
	t.Parallel()
	note := "the file has only the name net::ERR_FAILED"
	for code, want := range map[string]string{"net::ERR_FAILED": "The request failed, perhaps because of CORS", "net::ERR_CONNECTION_RESET": "The network fails"} {
		v := &verdict.Verdict{Result: fetch.Failed, Error: &verdict.Error{Code: code}, Notes: []string{note}}
		it := &report.Item{Entry: 3, Verdict: diagnose.Verdict{Verdict: v}}
		f := report.Checked(it)[0].Findings[0]
		if f.Title != want || slices.Contains(f.Evidence, note) != (code == "net::ERR_FAILED") {
			t.Errorf("%s: %q with %q", code, f.Title, f.Evidence)
		}
	}
}
