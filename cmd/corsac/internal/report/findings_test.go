package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/fix"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// TestFindings checks that each finding says how bad it is, why, and by what
// evidence, in a file or not, and that only those of verdicts are causes.
func TestFindings(t *testing.T) {
	place := &finding.Place{File: "nginx.conf", Line: 2, Column: 3, Excerpt: "ab c", Caret: 3}
	list := []finding.Finding{
		{Severity: finding.Error, Title: "Broken", Why: "It breaks.", Evidence: []string{"GET /"}, Fix: finding.Fix{Text: "Fix it."}},
		{Severity: finding.Warning, Title: "Weak", Why: "It may break.", Evidence: []string{"seen"}, Place: place},
		{Severity: finding.Note, Title: "x: it does nothing", Why: "it does nothing", Place: place},
	}
	for _, c := range []struct {
		name, want string
		write      func(*Text)
	}{
		{"of a file or server", "\nerror: Broken\n  It breaks.\n  - GET /\n  → Fix it.\n" +
			"warning: nginx.conf:2:3: Weak\n  | ab c\n  |   ^\n  It may break.\n  - seen\n" +
			"note: nginx.conf:2:3: x: it does nothing\n", func(w *Text) { w.Findings(list) }},
		{"of a verdict", "\ncause: Broken\n  It breaks.\n  - GET /\n  → Fix it.\n", func(w *Text) { w.causes(list[:1], true) }},
	} {
		var out bytes.Buffer
		c.write(&Text{Writer: terminal.NewWriter(&out, func(string) string { return "" })})
		if out.String() != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, out.String(), c.want)
		}
	}
}

// TestFix checks that lines to paste begin at the margin, keep their tabs, and have
// no other control characters.
func TestFix(t *testing.T) {
	var out bytes.Buffer
	text := &Text{Writer: terminal.NewWriter(&out, func(string) string { return "" })}
	text.fix(&finding.Fix{Text: "Write this:\n    if x {\n    \ty(\x1b)\n    }\nThen restart.", Check: "corsac check x"})
	want := "  1. Write this:\n\nif x {\n\ty(\\u001B)\n}\n\n  2. Then restart.\n  3. To see whether it works:\n\ncorsac check x\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}

// TestChangeNarrow checks that commands of a change stay in one line each, so that
// they can be copied.
func TestChangeNarrow(t *testing.T) {
	var out bytes.Buffer
	w := &terminal.Writer{Out: &out, Width: 30}
	long := "corsac check http://localhost:9000/items --origin http://localhost:3000"
	r := &fix.Report{Files: []fix.FileReport{{Name: "app.js", Diff: "+a\n"}}, Check: long, Verify: long, Install: long}
	(&Text{Writer: w}).Change(r, w, false)
	for _, label := range []string{"check: ", "verify: ", "install: "} {
		if !strings.Contains(out.String(), "\n"+label+long+"\n") {
			t.Errorf("no line %s%s in\n%s", label, long, &out)
		}
	}
}

// TestTally checks the words for one and for many.
func TestTally(t *testing.T) {
	for n, want := range map[int]string{1: "1 request: 1 network error\n", 2: "2 requests: 2 network errors\n"} {
		var (
			tally Tally
			out   bytes.Buffer
		)
		for range n {
			tally.Count(&diagnose.Verdict{Verdict: &verdict.Verdict{Result: "error"}})
		}
		tally.Print(&out, terminal.NewPalette(&out, func(string) string { return "" }), Count(n, "request", "requests"), "")
		if out.String() != want {
			t.Errorf("%q, want %q", out.String(), want)
		}
	}
}

// TestHeadLine checks that a remark has a line of its own where there is no room.
func TestHeadLine(t *testing.T) {
	for width, want := range map[int]string{
		0:  "   < 405 Method Not Allowed  (HTTP/1.1, [::1]:80, 1 ms)\n",
		80: "   < 405 Method Not Allowed  (HTTP/1.1, [::1]:80, 1 ms)\n",
		40: "   < 405 Method Not Allowed\n     (HTTP/1.1, [::1]:80, 1 ms)\n",
	} {
		var out bytes.Buffer
		(&Text{Writer: &terminal.Writer{Out: &out, Width: width}}).headLine("   < ", "405 Method Not Allowed", "HTTP/1.1, [::1]:80, 1 ms")
		if out.String() != want {
			t.Errorf("width %d:\n%s", width, out.String())
		}
	}
}
