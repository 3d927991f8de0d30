package stacks

import (
	"cmp"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/cors"
)

// FixFor returns what to do about a cause on a stack: its advice, and the lines
// that carry out a policy, which is valid or nil for none. The Text is empty if
// the stack has neither.
func FixFor(s *Stack, slug string, p *cors.Policy) finding.Fix {
	return fixFor(s, slug, p, fixCommand(p), func(*Snippet) {})
}

// FixSeen is [FixFor] with a policy that was put together from a request and from
// what responses show, and says so. hasCORS says that the server sends CORS headers
// already: the lines then replace what sets them, and need no installation where
// that is what they use; and corsac fix, which is offered where it can change the
// stack, gets the verdict of the command check, so that it only adds to what the
// responses do not show.
func FixSeen(s *Stack, slug string, p *cors.Policy, hasCORS bool, check string) finding.Fix {
	command := fixCommand(p)
	if hasCORS && command != "" && check != "" {
		command = check + " --json | corsac fix DIR --check -"
	}
	return fixFor(s, slug, p, command, func(snippet *Snippet) {
		note := "It allows only the request that was checked"
		if hasCORS {
			note = "It allows only what was checked and what the responses show"
			snippet.replacing(s.Setup)
		}
		snippet.Gaps = append(snippet.Gaps[:len(snippet.Gaps):len(snippet.Gaps)], note+": add the other origins, methods and headers that your pages use.")
	})
}

// replacing makes a snippet one that goes in the place of the setup that is there;
// "" if that may be any.
func (s *Snippet) replacing(setup string) {
	if setup != "" {
		s.Install = ""
	}
	if !strings.Contains(s.Place, "in place of") {
		s.Place = strings.TrimPrefix(s.Place+", in place of your "+cmp.Or(setup, "CORS settings"), ", ")
	}
}

// fixFor is [FixFor] with the snippet of the stack, which is about a policy as a
// whole, adapted. change is the command that lets corsac change the project; it may
// be "".
func fixFor(s *Stack, slug string, p *cors.Policy, change string, adapt func(*Snippet)) finding.Fix {
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
		if advice.Code == nil {
			adapt(&snippet)
		}
		fix.Where = snippet.File
		lines = append(lines, snippet.lines(s.Title)...)
		if change != "" && advice.Code == nil && s.Source != nil && s.Source.Change != nil {
			lines = append(lines, "Or let corsac change the project in the folder DIR:", finding.Code(change))
		}
	}
	if page := s.Page(); page != "" && len(lines) > 0 {
		lines = append(lines, finding.Remark+"more about CORS with "+s.Title+": "+page)
	}
	fix.Text = strings.Join(lines, "\n")
	return fix
}

// fixCommand returns the command that changes a project so that it allows what a
// policy does; "" for no policy, or one that takes more than flags. Other settings
// stay as they are.
func fixCommand(p *cors.Policy) string {
	if p == nil {
		return ""
	}
	flags := cors.Policy{AllowOrigins: p.AllowOrigins, AllowMethods: p.AllowMethods, AllowHeaders: p.AllowHeaders, ExposeHeaders: p.ExposeHeaders, AllowCredentials: p.AllowCredentials}
	if _, err := cors.New(flags); err != nil || len(p.DangerouslyAllowOriginRegexps) > 0 {
		return ""
	}
	words := []string{"corsac", "fix", "DIR"}
	add := func(flag string, values []string) {
		for _, v := range values {
			words = append(words, flag, v)
		}
	}
	add("--allow-origin", p.AllowOrigins)
	add("--allow-method", p.AllowMethods)
	add("--allow-header", p.AllowHeaders)
	add("--expose-header", p.ExposeHeaders)
	if p.AllowCredentials {
		words = append(words, "--allow-credentials")
	}
	return shell.Command(words)
}

// lines returns a snippet in the form of [finding.Fix]: what to paste is
// indented.
func (s *Snippet) lines(title string) (lines []string) {
	if s.Code == "" {
		return nil
	}
	if s.Install != "" {
		lines = append(lines, "Install what it needs:", finding.Code(s.Install))
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
	for _, gap := range s.Sentences() {
		lines = append(lines, finding.Remark+gap)
	}
	return lines
}
