package repotest

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"strings"
	"testing"
)

// unplain are phrases that no English-speaking engineer would write, and what to
// write instead.
var unplain = []struct {
	phrase  *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`(?i)\bholds that\b`), "checks, or reports, that"},
	{regexp.MustCompile(`(?i)\bin any case\b`), "ignoring case; or anyway"},
	{regexp.MustCompile(`(?i)\bone \w+ an? (entry|request|response|hop|line|host|origin)\b`), "one … per …"},
	{regexp.MustCompile(`(?i)\b(it|that|which|what|this|he|one) (is|are) none\b`), "is not a …"},
	{regexp.MustCompile(`(?i)\b(it|that|which|what|this) is no (use|object|file|gateway|mistake|flag|wildcard|preflight|EventSource)\b`), "is not a …"},
	{regexp.MustCompile(`(?i)\btold\b`), "reported, printed, said"},
	{regexp.MustCompile(`(?i)\bmend(s|ed|ing)?\b`), "fix"},
	{regexp.MustCompile(`(?i)\bgoes for\b`), "applies to"},
	{regexp.MustCompile(`(?i)\bmakes? of (it|them|this|that|a|an|the|each|both|all)\b`), "does with, or how … handles …"},
	{regexp.MustCompile(`(?i)\bdearer\b`), "costs more"},
	{regexp.MustCompile(`(?i)\bunless said\b`), "by default"},
}

// plainEnglish checks pages, comments, and the texts of programs.
func plainEnglish(t *testing.T, r *repo) (breaches []string) {
	t.Helper()
	report := func(where, text string) {
		for _, u := range unplain {
			if found := u.phrase.FindString(text); found != "" {
				breaches = append(breaches, fmt.Sprintf("%s: %q is not plain English; write: %s", where, found, u.instead))
			}
		}
	}
	for _, page := range r.pages() {
		fenced(r.read(t, page), func(n int, line, _ string, inside bool) {
			if !inside {
				report(fmt.Sprintf("%s:%d", page, n), inlineCode.ReplaceAllString(line, ""))
			}
		})
	}
	for _, f := range r.src {
		if path.Base(f.path) == "english_test.go" || path.Base(f.path) == "bite_test.go" {
			continue // they quote the phrases
		}
		for _, group := range f.ast.Comments {
			report(f.at(group.Pos()), strings.Join(strings.Fields(group.Text()), " "))
		}
		if f.test || isBrowsers(f) {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				report(f.at(lit.Pos()), strings.Join(strings.Fields(lit.Value), " "))
			}
			return true
		})
	}
	return breaches
}

// isBrowsers reports whether the texts of a file are those of browsers.
func isBrowsers(f *goFile) bool {
	return f.pkg == "fetch" && strings.HasPrefix(path.Base(f.path), "messages")
}
