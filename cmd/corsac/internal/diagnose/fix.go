package diagnose

import (
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/internal/protocol"
)

// fixes adds to the findings what to do on the stack that answers.
func (s *scene) fixes() {
	found := s.v.Findings
	if len(found) == 0 {
		return
	}
	matches := s.recognize()
	for i := range found {
		f := &found[i]
		if f.Severity == finding.Note && i > 0 {
			continue
		}
		if c := Lookup(f.Cause); i == 0 && c != nil && (c.Side != cause.Page || s.policyToo) {
			f.Fix.Check = s.command
		}
		s.fixOn(f, matches, i == 0)
		if advice := networkAdvice[f.Cause]; advice != "" && s.command != "" {
			f.Fix.Text += "\n" + finding.Remark + advice
		}
	}
}

// networkAdvice says which options of corsac check help to go on where the network
// fails, by cause.
var networkAdvice = map[string]string{
	"tls-untrusted-certificate": "To check CORS all the same, add -k, which accepts any certificate, or --cacert FILE with the authority that signed it.",
	"tls-expired-certificate":   "To check CORS all the same, add -k, which accepts any certificate.",
	"tls-name-mismatch":         "To check CORS all the same, add -k, which accepts any certificate.",
	"dns-failure":               "To check a server whose name is not known here, add --resolve HOST:PORT:IP.",
	"server-timeout":            "To wait longer, add -m SECONDS.",
	"proxy-failure":             "To check without the proxy, set NO_PROXY to the host.",
}

// recognize returns the stacks that the answers show. Where one may be of corsac
// serve, or of a program with the same package, one more request shows which.
func (s *scene) recognize() []stacks.Match {
	matches := stacks.Recognize(s.seen)
	known := slices.ContainsFunc(matches, func(m stacks.Match) bool { return m.Stack.OwnsCORS })
	if s.Stack != nil || known || !stacks.MayBeCorsac(s.seen) {
		return matches
	}
	q := s.get(s.at("/%zz"), "a malformed URL, which shows what the server is")
	q.plain, q.origin = true, ""
	s.ask(q)
	return stacks.Recognize(s.seen)
}

// fixOn adds what to do about a finding on one of the stacks.
func (s *scene) fixOn(f *finding.Finding, matches []stacks.Match, root bool) {
	c := Lookup(f.Cause)
	if c == nil {
		return
	}
	wanted := root && (c.NeedsPolicy || s.policyToo)
	stack := s.stackFor(c, matches)
	if stack == nil {
		if wanted {
			s.genericFix(f)
		}
		return
	}
	advice, special := stack.Advice[f.Cause]
	var policy *cors.Policy
	// A page is not fixed by a policy, but by lines that are about the cause alone,
	// such as those that make a development server forward a path.
	if advice.Code != nil || c.Side != cause.Page && special || wanted {
		policy = s.policy()
	}
	slug := f.Cause
	if s.policyToo && root {
		slug = "no-cors-headers" // which is what the page meets there
	}
	fix := stacks.FixSeen(stack, slug, policy, s.hasCORS(), s.command)
	switch {
	case fix.Text == "" && wanted:
		s.genericFix(f)
		return
	case fix.Text == "":
		return
	case special && c.Side != cause.Page && !(root && s.specific):
		f.Fix.Text = fix.Text
	default:
		f.Fix.Text += "\n" + fix.Text
	}
	f.Fix.Stack, f.Fix.Where = stack.Name, fix.Where
	if root && stack.Layer == stacks.Application {
		owner(&f.Fix, matches)
	}
}

// addCode adds lines to paste, after a line that introduces them.
func addCode(fix *finding.Fix, intro, code string) {
	fix.Text += "\n" + intro + "\n" + finding.Code(code)
}

// owner says which of two layers should set the CORS headers.
func owner(fix *finding.Fix, matches []stacks.Match) {
	if len(matches) < 2 {
		return
	}
	outer, inner := matches[0].Stack, matches[len(matches)-1].Stack
	if outer.OwnsCORS {
		return
	}
	if inner.Layer == stacks.Application && (outer.Layer == stacks.Proxy || outer.Layer == stacks.Edge) {
		fix.Text += "\n" + finding.Remark + inner.Title + " answers through " + outer.Title + ". Let " + inner.Title +
			" alone set the CORS headers, and " + outer.Title + " pass them on; two layers that set them spoil each other's."
	}
}

// stackFor returns the stack that has to change for a cause: the user's, or of
// those that are recognised the one whose part it is; nil if none is.
func (s *scene) stackFor(c *Cause, matches []stacks.Match) *stacks.Stack {
	if s.Stack != nil {
		return s.Stack
	}
	for _, m := range matches {
		if m.Stack.OwnsCORS && c.Side == cause.Policy {
			return m.Stack
		}
	}
	order := slices.Clone(matches)
	if !c.InProxy {
		slices.Reverse(order)
	}
	for _, m := range order {
		if _, ok := m.Stack.Advice[c.Slug]; ok {
			return m.Stack
		}
	}
	if len(order) > 0 {
		return order[0].Stack
	}
	return nil
}

// askStack is the question that would settle how to write the fix.
const askStack = finding.Remark + "What does the server run on? With --stack NAME, such as --stack express or --stack nginx, the lines for it are here."

// genericFix adds the header lines that do not depend on the server.
func (s *scene) genericFix(f *finding.Finding) {
	if s.v.Change != nil {
		f.Fix.Text += "\n" + askStack
		return
	}
	policy := s.policy()
	if policy == nil {
		return
	}
	lines := protocol.AllowOrigin + ": " + policy.AllowOrigins[0]
	if policy.AllowCredentials {
		lines += "\n" + protocol.AllowCredentials + ": true"
	}
	addCode(&f.Fix, "Every response must then have, including errors:", lines+"\nVary: Origin")
	lines = ""
	if len(policy.AllowMethods) > 0 {
		lines = protocol.AllowMethods + ": " + strings.Join(policy.AllowMethods, ", ")
	}
	if len(policy.AllowHeaders) > 0 {
		lines = strings.TrimPrefix(lines+"\n"+protocol.AllowHeaders+": "+strings.Join(policy.AllowHeaders, ", "), "\n")
	}
	if lines != "" {
		addCode(&f.Fix, "The response to OPTIONS, with status 204, also:", lines)
	}
	f.Fix.Text += "\n" + askStack
}
