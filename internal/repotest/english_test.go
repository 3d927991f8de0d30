package repotest

import (
	"fmt"
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

// phrase is a phrase that is not plain English, and what to write instead. What
// fine matches is good English all the same.
type phrase struct {
	pattern, fine *regexp.Regexp
	instead       string
}

// phrases are refused in pages, in comments and in what users read.
var phrases = []phrase{
	{words(`hold(s|ing)? that|held that`), nil, `write "tests that", "checks that" or "reports that"`},
	{words(`in any case`), nil, `write "ignoring case"`},
	{words(`one \w+ an? (entry|request|response|hop|line|file|field|row|page|case|test|host|origin)`), words(`one (in|of|on|to) .*`), `write "one … per …"`},
	{words(`\w+ (is|are|was|were|be) (none|no \w+)`), words(`(there|here) .*|.* (no (longer|shorter|smaller|larger|greater|higher|lower|later|earlier|more|less|fewer|better|worse|different)|(?-i:None))`), `write "is not a …"`},
	{words(`told|tells`), nil, `write "says", "reports" or "knows"`},
	{words(`mend(s|ed|ing)?`), nil, `write "fix"`},
	{words(`goes for`), nil, `write "applies to"`},
	{words(`makes? of`), nil, `write "does with", "how … handles" or "…'s verdict"`},
	{words(`dearer`), nil, `write "costs more"`},
	{words(`unless (said|told)`), nil, `write "by default"`},
}

// words compiles a pattern of words, which may be on different lines of a
// paragraph, a quotation or a comment.
func words(pattern string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(` + strings.ReplaceAll(pattern, " ", `[\s>#]+`) + `)\b`)
}

func isGap(c rune) bool { return unicode.IsSpace(c) || c == '>' || c == '#' }

// plainEnglish reports the phrases in pages, scripts and Go files. Code is
// skipped: in Markdown what is in backquotes or in a block, and in Go all but
// comments and, outside tests, strings.
func plainEnglish(t *testing.T, r *repo) (breaches []string) {
	t.Helper()
	for _, name := range r.pages() {
		breaches = append(breaches, unidiomatic(name, 1, withoutFences(r.read(t, name)))...)
	}
	for _, name := range r.files {
		if isScript(name) {
			breaches = append(breaches, unidiomatic(name, 1, r.read(t, name))...)
		}
	}
	for _, f := range r.src {
		line := func(n ast.Node) int { return f.fset.Position(n.Pos()).Line }
		for _, group := range f.ast.Comments {
			breaches = append(breaches, unidiomatic(f.path, line(group), commentText(group))...)
		}
		if f.test || isBrowsers(f) {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				text, err := strconv.Unquote(lit.Value)
				if err != nil {
					t.Fatal(err)
				}
				breaches = append(breaches, unidiomatic(f.path, line(lit), text)...)
			}
			return true
		})
	}
	return breaches
}

// unidiomatic returns the phrases in text, which begins at the given line of a
// file.
func unidiomatic(file string, line int, text string) (breaches []string) {
	text = inlineCode.ReplaceAllStringFunc(text, func(code string) string {
		return "`" + strings.Repeat("\n", strings.Count(code, "\n")) + "`"
	})
	for _, p := range phrases {
		for _, at := range p.pattern.FindAllStringIndex(text, -1) {
			said := strings.Join(strings.FieldsFunc(text[at[0]:at[1]], isGap), " ")
			if p.fine == nil || !p.fine.MatchString(said) {
				at := fmt.Sprintf("%s:%d", file, line+strings.Count(text[:at[0]], "\n"))
				breaches = append(breaches, fmt.Sprintf("%s: %q: %s", at, said, p.instead))
			}
		}
	}
	return breaches
}

// withoutFences returns a page with the lines of its code blocks empty.
func withoutFences(text string) string {
	lines := make([]string, strings.Count(text, "\n")+1)
	fenced(text, func(n int, line, _ string, inside bool) {
		if !inside {
			lines[n-1] = line
		}
	})
	return strings.Join(lines, "\n")
}

// commentText returns the lines of a comment without their markers.
func commentText(group *ast.CommentGroup) string {
	var lines []string
	for _, c := range group.List {
		text := strings.TrimSuffix(strings.TrimPrefix(c.Text, "/*"), "*/")
		lines = append(lines, strings.TrimPrefix(text, "//"))
	}
	return strings.Join(lines, "\n")
}

// isBrowsers reports whether the strings of a file are messages of browsers.
func isBrowsers(f *goFile) bool {
	return f.pkg == "fetch" && strings.HasPrefix(path.Base(f.path), "messages")
}

// isScript reports whether a file is one that developers run, or its
// configuration.
func isScript(name string) bool {
	dir, _, _ := strings.Cut(name, "/")
	return name == "Makefile" || slices.Contains([]string{"scripts", ".ci", ".github"}, dir) ||
		slices.Contains([]string{".yml", ".yaml"}, path.Ext(name)) && !inTestdata(name)
}

// TestPlainEnglish checks which texts the rule accepts; TestRulesBite has those
// that it refuses.
func TestPlainEnglish(t *testing.T) {
	for _, text := range []string{
		"There is no proxy, and there are none to come.",
		"It is no longer there, and no more than one is.",
		"SameSite is None.",
		"one on a line, one of a file",
		"An error says `told`, `is no use` and `mend`.",
		"The threshold that holds; amended, commended, retold.",
	} {
		if got := unidiomatic("a.md", 1, text); len(got) > 0 {
			t.Errorf("%q: %q", text, got)
		}
	}
	r := sound.with(tree{
		"README.md":       sound["README.md"] + "\n```\nas told, in any case\n```\n",
		"origin/x.go":     "package origin\n\nvar told = `holds`\n",
		"cors/in_test.go": "package cors\n\nconst phrase = \"as told, in any case\"\n",
	}).repo(t)
	if got := plainEnglish(t, r); len(got) > 0 {
		t.Errorf("code is not skipped: %q", got)
	}
}
