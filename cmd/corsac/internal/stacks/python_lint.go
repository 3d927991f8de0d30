package stacks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/syntax/python"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
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

// importSites returns the imports of a package that have a text in them, as places
// that break a rule.
func importSites(files []*pyFile, title, text string, rule *Rule) (sites []*Site) {
	for _, f := range files {
		for _, s := range f.Body {
			if s.Keyword == "from" && strings.Contains(s.In(f.File), text) {
				sites = append(sites, &Site{Title: "the import of " + title, File: f.File, Span: s.Span, Faults: []Fault{{Rule: rule, File: f.File, Span: s.Span}}})
			}
		}
	}
	return sites
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

// isVariable reports whether an expression is a variable of the environment, which
// is a string.
func (f *pyFile) isVariable(e *python.Expr) bool {
	return slices.Contains([]string{"os.getenv", "os.environ.get", "getenv", "environ.get"}, f.callee(e)) ||
		e.Kind == python.Subscript && e.Base != nil && e.Base.Kind == python.Var && f.Resolve(e.Base.Name) == "os.environ"
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

// literal returns the literal of an element, if it stands there as one string.
func (l *pyLinter) literal(item *python.Expr) *python.Expr {
	if len(item.Items) != 1 {
		return nil
	}
	text := item.Items[0]
	if text.Kind != python.String || text.Start < item.Start || text.End > item.End {
		return nil
	}
	source := strings.TrimLeft(text.In(l.file.File), "rR")
	if len(source) < 2 || source[0] != '"' && source[0] != '\'' || strings.Count(source, source[:1]) != 2 || !strings.HasSuffix(source, source[:1]) {
		return nil
	}
	return text
}

// exactOrigin finds what is wrong with an origin that is compared as it is.
func (l *pyLinter) exactOrigin(item *python.Expr, rules *commonRules) {
	o, err := origin.Parse(item.Text)
	switch {
	case item.Text == "null":
		l.fault(rules.null, item.Span)
	case err == nil && o.String() == item.Text:
	default:
		l.fault(rules.never, item.Span, l.withoutPath(item)...)
	}
}

// withoutPath returns the edit that removes a slash or a path after an origin, if
// that is all that is wrong with it.
func (l *pyLinter) withoutPath(item *python.Expr) []source.Edit {
	literal := l.literal(item)
	scheme, rest, ok := strings.Cut(item.Text, "://")
	if literal == nil || !ok {
		return nil
	}
	host, path, _ := strings.Cut(rest, "/")
	bare := scheme + "://" + host
	o, err := origin.Parse(bare)
	at := strings.Index(literal.In(l.file.File), item.Text)
	if err != nil || o.String() != bare || at < 0 || bare+"/"+path != item.Text {
		return nil
	}
	start := literal.Start + at + len(bare)
	return []source.Edit{{Span: source.Span{Start: start, End: start + 1 + len(path)}}}
}

// expressionRules are those about expressions for origins.
type expressionRules struct{ unanchored, wide, glob *Rule }

// prefixExpression finds what is wrong with an expression that is compared with
// the beginning of an origin.
func (l *pyLinter) prefixExpression(item *python.Expr, rules expressionRules) {
	x, err := ReadExpression(item.Text, MatchPrefix)
	literal := l.literal(item)
	switch {
	case isGlob(item.Text):
		l.fault(rules.glob, item.Span)
		return
	case err != nil || x.Everything || len(item.Text) > maxExpression:
		return
	case x.Unanchored:
		var edits []source.Edit
		if literal != nil && len(alternativesOutside(item.Text)) == 1 && strings.HasPrefix(strings.TrimLeft(item.Text, "^("), "http") {
			edits = append(edits, source.Insert(literal.End-1, "$"))
		}
		l.fault(rules.unanchored, item.Span, edits...)
	}
	if miss := nearMiss(item.Text, MatchWhole); miss != "" {
		var edits []source.Edit
		if literal != nil && nearMiss(dotsEscaped(item.Text), MatchWhole) == "" {
			edits = l.escapeDots(literal)
		}
		l.fault(rules.wide, item.Span, edits...)
		l.faults[len(l.faults)-1].Evidence = item.Text + " also matches " + miss
	}
}

// dotsEscaped returns an expression with a backslash before each dot between
// letters.
func dotsEscaped(expr string) string {
	var b strings.Builder
	for {
		m := anyDot.Get().FindStringSubmatchIndex(expr)
		if m == nil {
			return b.String() + expr
		}
		b.WriteString(expr[:m[2]] + `\.`)
		expr = expr[m[3]:]
	}
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
