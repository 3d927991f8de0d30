package lint_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/lint"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// init gives a stack files of lines of the form "allow_origins https://a.example";
// "fault" is one that its reader finds.
func init() {
	rule := &stacks.Rule{ID: "plain/fault", Severity: finding.Warning, Title: "t", Why: "w", Fix: "f", Cause: "acao-literal-null"}
	stacks.Lookup("lighttpd").Source = &stacks.Source{Files: []string{"*.plain"}, Rules: []*stacks.Rule{rule}, Read: func(t *source.Tree) (sites []*stacks.Site) {
		for _, f := range t.Files("*.plain") {
			s := &stacks.Site{Title: "all", File: f, Span: source.Span{End: len(f.Text)}}
			at := 0
			for line := range strings.Lines(f.Text) {
				span := source.Span{Start: at, End: at + len(line)}
				at = span.End
				if field, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
					s.Draft.Entries = append(s.Draft.Entries, stacks.Entry{Field: field, Value: value, File: f, Span: span})
				} else {
					s.Faults = append(s.Faults, stacks.Fault{Rule: rule, Span: span, Evidence: "seen"})
				}
			}
			sites = append(sites, s)
		}
		return sites
	}}
}

// found returns the rules that a file breaks, with the lines.
func found(name, text string, o *lint.Options) string {
	var list []string
	for _, c := range lint.Run(source.Memory(&source.File{Name: name, Text: text}), o).Cases {
		for i := range c.Findings {
			list = append(list, fmt.Sprintf("%s:%d:%d", c.Rule, c.Findings[i].Place.Line, c.Findings[i].Place.Column))
		}
	}
	return strings.Join(list, " ")
}

func TestDraft(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"allow_origins https://a.example\nallow_methods PUT", ""},
		{"allow_origins https://a.example\nallow_origins https://b.example/", "policy/malformed-origin:2:1"},
		{"allow_credentials true\nallow_origins *", "policy/wildcard-with-credentials:2:1"},
		{"allow_origins *", ""},
		{"allow_origins null", "policy/null-origin:1:1"},
		{"allow_origins null\nfault", "plain/fault:2:1"}, // the reader knows
		{"allow_origins http://a.example\nallow_credentials true", "policy/insecure-origin:1:1"},
		{"allow_origins http://a.example", ""},
		{"allow_origins https://*.github.io\nallow_credentials true", "policy/public-suffix:1:1"},
		{"allow_origins https://a.example\nallow_methods TRACE\nallow_methods A B", "policy/method:2:1 policy/method:3:1"},
		{"allow_origins https://a.example\nallow_headers Origin\nallow_headers a b", "policy/pointless-header:2:1 policy/header:3:1"},
		{"allow_origins https://a.example\npreflight_status 404", "policy/preflight-status:2:1"},
		{"allow_origins https://a.example\nmax_age 720h", "policy/max-age:2:1"},
		{"allow_origins https://a.example\nmax_age 1h\nmax_age 2h", ""}, // which counts is not for every stack the same
		{"allow_methods PUT", ""},
	} {
		if got := found("x.plain", c.text, &lint.Options{}); got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}

func TestPolicyFile(t *testing.T) {
	t.Parallel()
	const head = "policies:\n  a:\n    "
	for _, c := range []struct{ text, want string }{
		{head + "allow_origins: [https://a.example]\n", ""},
		{head + "allow_origins: [https://a.example/, '*']\n", "corsac/mistake:3:21 corsac/mistake:3:41"},
		{head + "allow_origins: [https://a.example]\n    allow_methods: [GET]\n    max_age: 20h", "corsac/note:4:21 corsac/note:5:14"},
		{head + "allow_origins: [\"null\", https://a.example]\n    dangerously_allow_null_origin: true\n", "corsac/null-origin:3:21"},
		{head + "allow_origins: [https://a.example, http://a.example, http://localhost:3000, http://10.0.0.1]\n", "corsac/http-beside-https:3:40"},
		{head + "allow_origins: [http://a.example]\n", ""},
		{head + "allow_origins: [https://a.example, http://a.example, http://127.0.0.1]\n    allow_credentials: true\n    dangerously_allow_insecure_origins_with_credentials: true\n", "corsac/insecure-origin:3:40"},
		{head + "allow_origins: [https://*.github.io]\n", ""},
		{head + "allow_origins: [https://*.github.io]\n    allow_credentials: true\n    dangerously_allow_public_suffixes_with_credentials: true\n", "corsac/broad-origin:3:21"},
		{head + "dangerously_allow_origin_regexps: ['https://.*\\.com']\n    allow_credentials: true\n    dangerously_allow_public_suffixes_with_credentials: true\n", "corsac/broad-origin:3:40"},
		{head + "dangerously_allow_origin_regexps: ['example\\.com']\n", "corsac/regexp-matches-nothing:3:40"},
		{head + "dangerously_allow_origin_regexps: ['https://[a-z]+\\.example\\.com']\n    allow_credentials: true\n", ""},
	} {
		if got := found("corsac.yaml", c.text, &lint.Options{}); got != c.want {
			t.Errorf("%s\n%s, want %s", c.text, got, c.want)
		}
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	const head = "policies:\n  a: {allow_origins: [https://a.example]}\n  b: {allow_origins: [\"*\"]}\ngateway:\n  routes:\n"
	for _, c := range []struct{ routes, want string }{
		{"    - {path: /, upstream: http://x:1, policy: a}\n", "corsac/unused-policy:3:3"},
		{"    - {path: /api/, upstream: http://x:1, policy: a}\n    - {path: /, upstream: http://x:1, policy: b}\n", ""},
		{"    - {path: /v1/Admin/x, upstream: http://x:1, policy: b}\n    - {path: /, upstream: http://x:1, policy: a}\n", "corsac/open-private-route:6:7"},
		{"    - {path: /administer, upstream: http://x:1, policy: b}\n    - {path: /admin, upstream: http://x:1, policy: a}\n", ""},
		{"    - {path: /x/, upstream: http://x:1, policy: a}\n    - {path: /, host: h.example, upstream: http://x:1, policy: b}\n", "corsac/shadowed-route:6:7"},
		{"    - {path: /x/, upstream: http://x:1, policy: a}\n    - {path: /, host: h.example, upstream: http://y:1, policy: b}\n", ""},                                                                      // another server
		{"    - {path: /x/, upstream: http://x:1, policy: a}\n    - {path: /, host: h.example, upstream: http://x:1, policy: b}\n    - {path: /x/, host: h.example, upstream: http://x:1, policy: a}\n", ""}, // repeated
		{"    - {path: /x/, upstream: http://x:1, policy: a}\n    - {path: /, host: h.example, upstream: http://x:1, policy: a}\n", "corsac/unused-policy:3:3"},                                              // the same policy
	} {
		if got := found("corsac.yml", head+c.routes, &lint.Options{}); got != c.want {
			t.Errorf("%s%s, want %s", c.routes, got, c.want)
		}
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	const text = "allow_origins https://a.example/\nfault\n"
	for _, c := range []struct {
		o    lint.Options
		want string
	}{
		{lint.Options{}, "policy/malformed-origin:1:1 plain/fault:2:1"},
		{lint.Options{Only: []string{"plain/fault"}}, "plain/fault:2:1"},
		{lint.Options{Without: []string{"plain/fault"}}, "policy/malformed-origin:1:1"},
		{lint.Options{Stack: stacks.Lookup("corsac")}, "corsac/mistake:0:0 corsac/mistake:1:1"},
		{lint.Options{Stack: stacks.Lookup("lighttpd"), Only: []string{"x"}}, ""},
	} {
		if got := found("x.plain", text, &c.o); got != c.want {
			t.Errorf("%+v: %s, want %s", c.o, got, c.want)
		}
	}
}

// TestExcerpt checks the line and the caret, also of long lines and wide characters.
func TestExcerpt(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 500)
	for _, c := range []struct {
		text, excerpt string
		caret         int
	}{
		{"\tfault\r\n", "    fault", 1},
		{"allow_origins https://" + long + "/\n", "allow_origins https://" + strings.Repeat("é", 29), 1},
	} {
		r := lint.Run(source.Memory(&source.File{Name: "x.plain", Text: c.text}), &lint.Options{})
		p := r.Cases[0].Findings[0].Place
		if p.Excerpt != c.excerpt || p.Caret != c.caret {
			t.Errorf("%q: %q, %d", c.text, p.Excerpt, p.Caret)
		}
	}
}

// TestOwnExamples checks that the examples in the project's texts are without
// warnings.
func TestOwnExamples(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..", "..")
	names := []string{filepath.Join(root, "README.md")}
	for _, dir := range []string{"guide", "decisions"} {
		list, err := filepath.Glob(filepath.Join(root, "docs", dir, "*.md"))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, list...)
	}
	n := 0
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(text), "\n```")[1:] {
			language, block, _ := strings.Cut(block, "\n")
			if block += "\n"; !strings.Contains(language, "yaml") || !strings.Contains(block, "policies:") {
				continue
			}
			n++
			for _, c := range lint.Run(source.Memory(&source.File{Name: "corsac.yaml", Text: block}), &lint.Options{}).Cases {
				for i := range c.Findings {
					if f := &c.Findings[i]; f.Severity != finding.Note {
						t.Errorf("%s: %s at line %d: %s\n%s", name, c.Rule, f.Place.Line, f.Title, block)
					}
				}
			}
		}
	}
	if n < 3 {
		t.Errorf("%d examples", n)
	}
}

// TestRules checks that rules are complete, and their causes known.
func TestRules(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	severities := []finding.Severity{finding.Error, finding.Warning, finding.Note}
	for _, r := range lint.Rules() {
		if seen[r.ID] || !strings.Contains(r.ID, "/") || r.Title == "" || r.Why == "" || r.Fix == "" || !slices.Contains(severities, r.Severity) {
			t.Errorf("%+v", r)
		}
		if r.Cause != "" && diagnose.Lookup(r.Cause) == nil {
			t.Errorf("%s: there is no cause %s", r.ID, r.Cause)
		}
		seen[r.ID] = true
	}
	if lint.Known([]string{"policy/null-origin"}) != nil || lint.Known([]string{"x"}) == nil {
		t.Error("known")
	}
}

// TestNotesOnce checks that a note about several calls of a file is reported once,
// with the lines of all.
func TestNotesOnce(t *testing.T) {
	t.Parallel()
	tree := source.Memory(&source.File{Name: "app.js", Text: "const cors = require('cors');\nconst app = require('express')();\n" +
		"app.get('/a', cors(), a);\napp.get('/b', cors(), a);\napp.get('/c', cors(), a);\n"})
	n := 0
	for _, c := range lint.Run(tree, &lint.Options{}).Cases {
		if c.Rule != "express/default-methods" {
			continue
		}
		n++
		if got := c.Findings[0].Evidence; !slices.Contains(got, "also on line 4, 5") {
			t.Errorf("%q", got)
		}
	}
	if n != 1 {
		t.Errorf("%d notes", n)
	}
}
