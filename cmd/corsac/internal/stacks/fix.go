package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cors"
)

// FixFor returns what to do about a cause on a stack: its advice, and the lines
// that carry out a policy, which is valid or nil for none. The Text is empty if
// the stack has neither.
func FixFor(s *Stack, slug string, p *cors.Policy) finding.Fix {
	fix := finding.Fix{Stack: s.Name}
	advice := s.Advice[slug]
	var lines []string
	if advice.Text != "" {
		lines = append(lines, advice.Text)
	}
	code := advice.Code
	if code == nil && !advice.Only {
		code = s.Snippet
	}
	if p != nil && code != nil {
		snippet := code(p)
		fix.Where = snippet.File
		lines = append(lines, snippet.lines(s.Title)...)
	}
	fix.Text = strings.Join(lines, "\n")
	return fix
}

// lines returns a snippet in the form of [finding.Fix]: what to paste is
// indented.
func (s *Snippet) lines(title string) (lines []string) {
	if s.Code == "" {
		return nil
	}
	if s.Install != "" {
		lines = append(lines, "Install what it needs:", "    "+s.Install)
	}
	where := title
	if s.File != "" {
		where += ", usually in " + s.File
	}
	if s.Place != "" {
		where += ", " + s.Place
	}
	lines = append(lines, "For "+where+":")
	for line := range strings.SplitSeq(s.Code, "\n") {
		lines = append(lines, "    "+line)
	}
	return append(lines, s.Sentences()...)
}
