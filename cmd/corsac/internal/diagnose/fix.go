package diagnose

import (
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/origin"
)

// byProxy are causes in the layer before the application, where there are two.
var byProxy = []string{
	"headers-only-on-success", "duplicate-acao", "gateway-error-without-cors", "payload-too-large-without-cors", "rate-limited-without-cors",
	"origin-header-stripped", "preflight-blocked-by-waf", "blocked-by-bot-protection", "acao-scheme-from-proxy", "redirect-downgrade-mixed-content",
	"cached-response-without-cors", "cached-for-other-origin", "preflight-served-from-cache",
}

// needsPolicy are causes of the server that its CORS configuration as a whole
// fixes.
var needsPolicy = []string{
	"preflight-without-cors-headers", "preflight-not-routed", "cors-only-on-preflight", "cors-missing-on-route", "cors-missing-on-method",
	"preflight-requires-auth", "preflight-answered-by-html-page", "preflight-bad-status",
}

// fixes adds to the findings what to do on the stack that answers.
func (s *scene) fixes() {
	found := s.v.Findings
	if len(found) == 0 {
		return
	}
	matches := stacks.Recognize(s.seen)
	for i := range found {
		f := &found[i]
		if f.Severity == finding.Note && i > 0 {
			continue
		}
		if c := Lookup(f.Cause); i == 0 && c != nil && c.Side != cause.Page {
			f.Fix.Check = s.command
		}
		s.fixOn(f, matches, i == 0)
	}
}

// fixOn adds what to do about a finding on one of the stacks.
func (s *scene) fixOn(f *finding.Finding, matches []stacks.Match, root bool) {
	c := Lookup(f.Cause)
	if c == nil {
		return
	}
	stack := s.stackFor(f.Cause, matches)
	wanted := NeedsPolicy(c)
	if stack == nil {
		if wanted && root {
			s.genericFix(f)
		}
		return
	}
	advice, special := stack.Advice[f.Cause]
	policy := s.policy()
	var snippet stacks.Snippet
	switch {
	case c.Side == cause.Page, !special && (!wanted || !root):
	case policy == nil, special && advice.Only:
	case advice.Code != nil:
		snippet = advice.Code(policy)
	case stack.Snippet != nil:
		snippet = stack.Snippet(policy)
	}
	switch {
	case special && (c.Side == cause.Page || root && s.specific):
		f.Fix.Text += "\n" + advice.Text
	case special:
		f.Fix.Text = advice.Text
	}
	if !special && snippet.Code == "" {
		if wanted && root {
			s.genericFix(f)
		}
		return
	}
	f.Fix.Stack = stack.Name
	paste(&f.Fix, stack, &snippet)
	if root && stack.Layer == stacks.Application {
		owner(&f.Fix, matches)
	}
}

// paste adds the lines of a snippet to a fix.
func paste(fix *finding.Fix, stack *stacks.Stack, snippet *stacks.Snippet) {
	if snippet.Code == "" {
		return
	}
	where := stack.Title
	if snippet.File != "" {
		where += ", usually in " + snippet.File
		fix.Where = snippet.File
	}
	if snippet.Place != "" {
		where += ", " + snippet.Place
	}
	if snippet.Install != "" {
		addCode(fix, "Install what it needs:", snippet.Install)
	}
	addCode(fix, "For "+where+":", snippet.Code)
	for _, gap := range snippet.Sentences() {
		fix.Text += "\n" + gap
	}
}

// addCode adds lines to paste, after a line that introduces them.
func addCode(fix *finding.Fix, intro, code string) {
	fix.Text += "\n" + intro
	for line := range strings.SplitSeq(code, "\n") {
		fix.Text += "\n    " + line
	}
}

// owner says which of two layers should set the CORS headers.
func owner(fix *finding.Fix, matches []stacks.Match) {
	if len(matches) < 2 {
		return
	}
	outer, inner := matches[0].Stack, matches[len(matches)-1].Stack
	if inner.Layer == stacks.Application && (outer.Layer == stacks.Proxy || outer.Layer == stacks.Edge) {
		fix.Text += "\n" + inner.Title + " answers through " + outer.Title + ". Let " + inner.Title +
			" alone set the CORS headers, and " + outer.Title + " pass them on; two layers that set them spoil each other's."
	}
}

// stackFor returns the stack that has to change for a cause: the user's, or of
// those that are recognised the one whose part it is; nil if none is.
func (s *scene) stackFor(slug string, matches []stacks.Match) *stacks.Stack {
	if s.Stack != nil {
		return s.Stack
	}
	order := slices.Clone(matches)
	if !slices.Contains(byProxy, slug) {
		slices.Reverse(order)
	}
	for _, m := range order {
		if _, ok := m.Stack.Advice[slug]; ok {
			return m.Stack
		}
	}
	if len(order) > 0 {
		return order[0].Stack
	}
	return nil
}

// askStack is the question that would settle how to write the fix.
const askStack = "What does the server run on? With --stack NAME, such as --stack express or --stack nginx, the lines for it are here."

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
	lines := allowOrigin + ": " + policy.AllowOrigins[0]
	if policy.AllowCredentials {
		lines += "\n" + allowCredentials + ": true"
	}
	addCode(&f.Fix, "Every response must then have, including errors:", lines+"\nVary: Origin")
	lines = ""
	if len(policy.AllowMethods) > 0 {
		lines = allowMethods + ": " + strings.Join(policy.AllowMethods, ", ")
	}
	if len(policy.AllowHeaders) > 0 {
		lines = strings.TrimPrefix(lines+"\n"+allowHeaders+": "+strings.Join(policy.AllowHeaders, ", "), "\n")
	}
	if lines != "" {
		addCode(&f.Fix, "The response to OPTIONS, with status 204, also:", lines)
	}
	f.Fix.Text += "\n" + askStack
}

// policy is the policy that allows the request of the user, and no more; nil if
// there is none that is safe.
func (s *scene) policy() *cors.Policy {
	r := &s.v.Request
	if s.page == (origin.Origin{}) || s.page.IsOpaque() {
		return nil
	}
	p := &cors.Policy{AllowOrigins: []string{r.Origin}, AllowCredentials: s.credentialed()}
	if m := r.Method; m != http.MethodGet && m != http.MethodHead && m != http.MethodPost {
		p.AllowMethods = []string{m}
	}
	for i := range s.v.Wire {
		for _, name := range entries(s.v.Wire[i].Headers.Get(requestHeaders)) {
			if !slices.Contains(p.AllowHeaders, name) {
				p.AllowHeaders = append(p.AllowHeaders, name)
			}
		}
	}
	for name, readable := range s.v.ReadHeaders {
		if !readable && s.has(name) {
			p.ExposeHeaders = append(p.ExposeHeaders, name)
		}
	}
	slices.Sort(p.ExposeHeaders)
	if _, err := cors.New(*p); err != nil {
		return nil
	}
	return p
}

// NeedsPolicy reports whether the server's CORS configuration as a whole fixes a
// cause.
func NeedsPolicy(c *Cause) bool {
	return c.Side == cause.Policy || slices.Contains(needsPolicy, c.Slug)
}
