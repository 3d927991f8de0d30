package report_test

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/joshdk/go-junit"
	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
)

// document has everything that a form has to deal with: files, URLs, code,
// passed and skipped cases, and text that is hostile to each form.
func document() *report.Document {
	hostile := "a|b `c` <img src=x onerror=alert(1)> ]]> %0A::error::x \x1b]0;x\a\u202e **b** @someone"
	return &report.Document{Command: "corsac verify", Version: "1.2.3", Cases: []finding.Case{
		{Group: "https://api.example.com/items", Name: "GET from https://app.example.com is allowed", Duration: 1234 * time.Millisecond},
		{Group: "https://api.example.com/items", Name: "errors have CORS headers", Findings: []finding.Finding{{
			Cause: "headers-only-on-success", Severity: finding.Error, Confidence: finding.Certain,
			Title: "Only successful responses have CORS headers", Why: "nginx's add_header needs always.",
			Evidence: []string{"GET /x: 404", hostile},
			Fix:      finding.Fix{Stack: "nginx", Text: "Add `always`:\n\n" + finding.Code("add_header A \"b\" always;\n```\n  indented"), Check: "corsac check https://user:secret@api.example.com/x"},
			Place:    &finding.Place{URL: "https://user:secret@api.example.com/x"},
		}, {Cause: "max-age-ignored", Severity: finding.Note, Title: hostile}}},
		{Group: "corsac.yaml", Name: "policy", Findings: []finding.Finding{{
			Cause: "allow_methods_redundant", Severity: finding.Warning, Title: "GET is always allowed",
			Place: &finding.Place{File: `conf\cor,sac.yaml`, Line: 3, Column: 5},
		}}},
		{Group: "corsac.yaml", Name: hostile, Skipped: "the server did not answer"},
	}}
}

func write(t *testing.T, form string) string {
	t.Helper()
	var b bytes.Buffer
	if err := document().Write(&b, form); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestFormsAreClean looks for bytes that no form may pass on.
func TestFormsAreClean(t *testing.T) {
	t.Parallel()
	for _, form := range report.Forms() {
		out := write(t, form)
		if strings.ContainsAny(out, "\x1b\a\u202e") {
			t.Errorf("%s passes on control characters", form)
		}
	}
}

func TestSARIF(t *testing.T) {
	t.Parallel()
	out := write(t, "sarif")
	r, err := sarif.FromString(out, sarif.WithStrictValidation())
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Validate(); err != nil {
		t.Error("the schema of SARIF 2.1.0:", err)
	}
	results := r.Runs[0].Results
	if len(results) != 3 || len(r.Runs[0].Tool.Driver.Rules) != 3 {
		t.Fatalf("%d results of %d rules, want 3 of 3", len(results), len(r.Runs[0].Tool.Driver.Rules))
	}
	var levels, places []string
	for _, result := range results {
		levels = append(levels, result.Level)
		if p := result.Locations[0].PhysicalLocation; p != nil {
			places = append(places, "file "+*p.ArtifactLocation.URI)
		} else {
			places = append(places, *result.Locations[0].LogicalLocations[0].FullyQualifiedName)
		}
	}
	if got, want := strings.Join(levels, " "), "error note warning"; got != want {
		t.Errorf("levels %q, want %q", got, want)
	}
	if got, want := strings.Join(places, " "), "https://api.example.com/x https://api.example.com/items file conf/cor,sac.yaml"; got != want {
		t.Errorf("locations %q, want %q", got, want)
	}
	if results[2].Locations[0].PhysicalLocation.Region.StartLine == nil {
		t.Error("the line is missing")
	}
}

// TestJUnit reads the report with a parser that CI systems use.
func TestJUnit(t *testing.T) {
	t.Parallel()
	suites, err := junit.Ingest([]byte(write(t, "junit")))
	if err != nil {
		t.Fatal(err)
	}
	if len(suites) != 2 || suites[0].Name != "https://api.example.com/items" || suites[0].Totals.Duration != 1234*time.Millisecond {
		t.Fatalf("suites: %+v", suites)
	}
	var all junit.Totals
	for _, s := range suites {
		all.Tests += s.Totals.Tests
		all.Passed += s.Totals.Passed
		all.Failed += s.Totals.Failed
		all.Skipped += s.Totals.Skipped
	}
	if all.Tests != 4 || all.Passed != 2 || all.Failed != 1 || all.Skipped != 1 {
		t.Errorf("totals: %+v", all)
	}
	failed := suites[0].Tests[1]
	if failed.Name != "errors have CORS headers" || failed.Classname != "corsac.verify" || failed.Message != "Only successful responses have CORS headers" {
		t.Errorf("the test that failed: %+v", failed)
	}
	if text := failed.Error.Error(); !strings.Contains(text, "]]>") || !strings.Contains(text, "add_header") {
		t.Errorf("the failure lost text: %q", text)
	}
}

// TestCheckOfFix checks that every form that shows a fix also shows the command that
// checks it.
func TestCheckOfFix(t *testing.T) {
	t.Parallel()
	for _, form := range report.Forms() {
		if out := write(t, form); !strings.Contains(out, "To see whether it works") && !strings.Contains(out, "Then check it") || !strings.Contains(out, "corsac check https://") {
			t.Errorf("%s has no command:\n%s", form, out)
		}
	}
}

func TestMarkdown(t *testing.T) {
	t.Parallel()
	out := write(t, "markdown")
	for _, want := range []string{
		"## corsac verify: 2 of 4 passed, 1 skipped\n",
		"| https://api.example.com/items | GET from https://app.example.com is allowed | ✓ |\n",
		"✗ Only successful responses have CORS headers |\n",
		"````\nadd_header A \"b\" always;\n```\n  indented\n````\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "<img") || strings.Contains(out, "@someone") {
		t.Error("hostile text is active:\n" + out)
	}
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "| ") && strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") != 4 {
			t.Errorf("not three cells: %s", line)
		}
	}
}

func TestGitHub(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSuffix(write(t, "github"), "\n"), "\n")
	if len(lines) != 3 {
		t.Fatalf("%d lines, want one per finding:\n%s", len(lines), strings.Join(lines, "\n"))
	}
	if want := `::warning file=conf/cor%2Csac.yaml,line=3,col=5,title=corsac%3A allow_methods_redundant::`; !strings.HasPrefix(lines[2], want) {
		t.Errorf("got %s\nwant prefix %s", lines[2], want)
	}
	if !strings.HasPrefix(lines[1], "::notice title=") {
		t.Errorf("a note is not a notice: %s", lines[1])
	}
}

func TestUnknownForm(t *testing.T) {
	t.Parallel()
	err := document().Write(io.Discard, "html")
	if err == nil || !strings.Contains(err.Error(), "sarif") {
		t.Errorf("error %v does not name the formats", err)
	}
}

// TestDocumentIsStable writes each form twice.
func TestDocumentIsStable(t *testing.T) {
	t.Parallel()
	for _, form := range report.Forms() {
		if first, second := write(t, form), write(t, form); first != second {
			t.Errorf("%s differs from one run to the next", form)
		}
	}
	if !json.Valid([]byte(write(t, "sarif"))) {
		t.Error("sarif is not JSON")
	}
}
