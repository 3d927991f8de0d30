package lint

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/importer"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/policyfile"
)

// draftRule is a rule about what [cors.New] refuses, wherever it is written.
type draftRule struct {
	codes []cors.Code
	rule  *stacks.Rule
}

// draftRules are about what no stack makes right. What a policy of corsac refuses
// only because it can say it better is not among them.
var draftRules = []draftRule{
	{[]cors.Code{cors.CodeWildcardCredentials}, &stacks.Rule{
		ID: "policy/wildcard-with-credentials", Severity: finding.Error, Cause: "wildcard-origin-with-credentials",
		Title: "every origin is allowed, with credentials",
		Why:   "Browsers refuse * with credentials. A server that sends the page's own origin instead lets every website read the data of your users.",
		Fix:   "List the origins of your pages, or do not allow credentials.",
	}},
	{[]cors.Code{cors.CodeOriginProhibited}, &stacks.Rule{
		ID: "policy/null-origin", Severity: finding.Warning, Cause: "acao-literal-null",
		Title: "the origin null is allowed",
		Why:   "Any website can send the origin null, from a sandboxed frame.",
		Fix:   "Serve the page over http or https, and list its origin.",
	}},
	{[]cors.Code{cors.CodeOriginInsecure}, &stacks.Rule{
		ID: "policy/insecure-origin", Severity: finding.Warning,
		Title: "a plain http origin is allowed, with credentials",
		Why:   "Anyone on the network path to a plain http page can change it, and then read the data of its users.",
		Fix:   "Serve the page over https, and list its https origin.",
	}},
	{[]cors.Code{cors.CodeOriginPublicSuffix}, &stacks.Rule{
		ID: "policy/public-suffix", Severity: finding.Error,
		Title: "origins of different owners are allowed, with credentials",
		Why:   "Anyone who registers a name that it matches can read the data of your users.",
		Fix:   "List the origins that are yours.",
	}},
	{[]cors.Code{cors.CodeOriginInvalid}, &stacks.Rule{
		ID: "policy/malformed-origin", Severity: finding.Error, Cause: "origin-not-allowed",
		Title: "it is not an origin",
		Why:   "Browsers never send it, so that it allows nobody.",
		Fix:   "Write it as browsers send it: scheme, host, and the port if it is not the usual one.",
	}},
	{[]cors.Code{cors.CodeMethodInvalid, cors.CodeMethodForbidden}, &stacks.Rule{
		ID: "policy/method", Severity: finding.Warning,
		Title: "it is not a method that pages can use",
		Why:   "Browsers never ask for it.",
		Fix:   "Remove it, or correct its spelling.",
	}},
	{[]cors.Code{cors.CodeHeaderInvalid}, &stacks.Rule{
		ID: "policy/header", Severity: finding.Warning,
		Title: "it is not the name of a header",
		Why:   "Browsers never ask for it.",
		Fix:   "Correct its spelling; write several names as several entries.",
	}},
	{[]cors.Code{cors.CodeHeaderForbidden, cors.CodeHeaderProhibited}, &stacks.Rule{
		ID: "policy/pointless-header", Severity: finding.Note,
		Title: "pages cannot set or read this header",
		Why:   "Browsers do not let script use it, whatever the server says, so that the entry changes nothing.",
		Fix:   "Remove it.",
	}},
	{[]cors.Code{cors.CodeStatusRange}, &stacks.Rule{
		ID: "policy/preflight-status", Severity: finding.Error, Cause: "preflight-bad-status",
		Title: "preflights get a status that browsers refuse",
		Why:   "The answer to a preflight must have a status from 200 to 299.",
		Fix:   "Answer with 204.",
	}},
	{[]cors.Code{cors.CodeMaxAgeRange}, &stacks.Rule{
		ID: "policy/max-age", Severity: finding.Note,
		Title: "preflights are to be remembered for longer than browsers do",
		Why:   "Firefox remembers a preflight for 24 hours at most, Chromium for 2 hours, and Safari for 10 minutes.",
		Fix:   "Write at most 24 hours, 86400 seconds.",
	}},
}

// site is a place whose draft is looked at.
type site struct{ *importer.Site }

// ofDraft returns what is wrong with the policy of a site, where the reader of the
// stack has not said so.
func ofDraft(at *importer.Site) (list []fault) {
	s := site{at}
	_, err := s.Draft.Policy()
	var mistakes policyfile.Errors
	if !errors.As(err, &mistakes) {
		return nil
	}
	for _, m := range mistakes {
		var about *cors.ConfigError
		if !errors.As(m, &about) {
			continue
		}
		i := slices.IndexFunc(draftRules, func(r draftRule) bool { return slices.Contains(r.codes, about.Code) })
		e := entryOf(&s.Draft, about)
		if i < 0 || e == nil {
			continue
		}
		rule := draftRules[i].rule
		if !s.knows(rule, e) {
			list = append(list, fault{rule, s.finding(rule, e, about)})
		}
	}
	return list
}

// entryOf returns the entry that a mistake is about, or nil.
func entryOf(d *stacks.Draft, m *cors.ConfigError) *stacks.Entry {
	n := 0
	for i := range d.Entries {
		if d.Entries[i].Field != m.Field {
			continue
		}
		if m.Index < 0 || n == m.Index {
			return &d.Entries[i]
		}
		n++
	}
	return nil
}

// knows reports whether the reader of the stack has found the same: a fault with the
// same cause, or one about the entry itself.
func (s site) knows(r *stacks.Rule, e *stacks.Entry) bool {
	return slices.ContainsFunc(s.Faults, func(f stacks.Fault) bool {
		within := (f.File == nil || e.File == nil || f.File.Name == e.File.Name) && f.Start >= e.Start && f.End <= e.End
		return within || r.Cause != "" && f.Rule.Cause == r.Cause
	})
}

// finding returns the finding of a mistake in an entry.
func (s site) finding(r *stacks.Rule, e *stacks.Entry, m *cors.ConfigError) finding.Finding {
	file := e.File
	if file == nil {
		file = s.File
	}
	f := found(r, s.Stack.Name, placed(s.Tree, file, e.Start))
	f.Title = fmt.Sprintf("%s: %q", r.Title, e.Value)
	if m.Code == cors.CodeOriginInvalid {
		f.Why = sentence(m.Why) + " " + r.Why
	}
	if strings.HasPrefix(m.Fix, `write "`) {
		f.Fix.Text = sentence(m.Fix)
	}
	if e.Default {
		f.Evidence = []string{"This is what " + s.Stack.Title + " does by default."}
	}
	return f
}

// sentence returns a text that begins with a capital letter and ends with a period.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
