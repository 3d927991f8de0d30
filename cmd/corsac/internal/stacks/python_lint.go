package stacks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
	"github.com/corsac-dev/corsac/cors"
)

// asQuoted returns a string of a file for a text.
func asQuoted(s string) string { return fmt.Sprintf("%+q", s) }

// pyLinter collects faults of a site.
type pyLinter struct {
	pyReader

	faults []Fault
}

func (l *pyLinter) fault(rule *Rule, span source.Span, edits ...source.Edit) {
	l.faults = append(l.faults, Fault{Rule: rule, File: l.file.File, Span: span, Edits: edits})
}

// hasStar reports whether a list or string has the element *.
func (l *pyLinter) hasStar(e *python.Expr) bool {
	quiet := pyReader{file: l.file, at: l.at}
	items, ok := quiet.strings("", e)
	if value := l.file.Follow(e, l.at); !ok && value.Kind == python.String {
		return value.Text == "*"
	}
	return slices.ContainsFunc(items, func(item *python.Expr) bool { return item.Text == "*" })
}

// The forms of expressions that match more than they seem to: a dot between
// letters, and what matches anything before a domain or after it.
var (
	anyDot    = lazyregexp.New(`[0-9A-Za-z)\]](\.)[0-9A-Za-z(\[]`)
	wideStart = lazyregexp.New(`(\.[*+]\??|\[\^[^\]]*\][*+]|\\[wS][*+]|\[[^\]]*\][*+])\)?[?*]?[0-9A-Za-z]`)
	wideEnd   = lazyregexp.New(`(\.[*+]\??|\[\^[^\]]*\][*+]|\\S[*+])\)?\$?$`)
)

func hasCredentials(s *Site) bool {
	return slices.ContainsFunc(s.Draft.Entries, func(e Entry) bool { return e.Field == "allow_credentials" })
}

// tooWide reports whether an expression for origins matches domains of others:
// anything before a letter of the domain, except in the label of a host that
// begins with letters, or at the end.
func tooWide(expr string) bool {
	_, host, ok := strings.Cut(expr, "://")
	if !ok {
		host = expr
	}
	return wideStart.MatchString(host) || wideEnd.MatchString(host)
}

// manyOwners reports whether an expression matches origins of different owners,
// as far as package cors can say.
func manyOwners(expr string) bool {
	p := cors.Policy{DangerouslyAllowOriginRegexps: []string{expr}, AllowCredentials: true, DangerouslyAllowInsecureOriginsWithCredentials: true}
	_, err := cors.New(p)
	return err != nil
}

// escapeDots returns edits of a raw string that put a backslash before each dot
// between letters: the result matches less.
func (l *pyLinter) escapeDots(value *python.Expr) (edits []source.Edit) {
	text := value.In(l.file.File)
	if !strings.HasPrefix(text, `r"`) && !strings.HasPrefix(text, `r'`) || strings.Count(text, text[1:2]) != 2 {
		return nil
	}
	for at := 0; ; {
		m := anyDot.Get().FindStringSubmatchIndex(text[at:])
		if m == nil {
			return edits
		}
		edits = append(edits, source.Insert(value.Start+at+m[2], `\`))
		at += m[3]
	}
}
