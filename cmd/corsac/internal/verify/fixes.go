package verify

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// maxSeen bounds the responses by which a stack is recognised.
const maxSeen = 64

// look keeps the responses of a verdict.
func (r *run) look(v *verdict.Verdict) {
	if v == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range v.Wire {
		w := &v.Wire[i]
		r.gateway = r.gateway || w.Status >= http.StatusBadGateway && w.Status <= http.StatusGatewayTimeout
		if w.Status != 0 && len(r.seen) < maxSeen {
			r.seen = append(r.seen, stacks.Seen{Method: w.Method, URL: w.URL, Status: w.Status, Headers: w.ResponseHeaders})
		}
	}
}

// advised are the causes under which stacks have advice about a broken invariant,
// besides its own name.
var advised = map[string][]string{
	"error-response-without-cors": {"headers-only-on-success", "server-error-without-cors"},
	"missing-vary-origin":         {"conditional-cors-without-vary"},
}

// advise adds what the stack has to say about each finding. Doubled headers are
// another layer's.
func advise(stack *stacks.Stack, p *cors.Policy, cases []finding.Case) {
	for i := range cases {
		for j := range cases[i].Findings {
			f := &cases[i].Findings[j]
			if f.Cause == duplicates || cases[i].Because != "" {
				continue
			}
			for _, slug := range append([]string{f.Cause}, advised[f.Cause]...) {
				if advice, ok := stack.Advice[slug]; ok {
					f.Fix.Stack = stack.Name
					f.Fix.Text += "\n" + stack.Title + ": " + advice.Text
					if advice.Code != nil {
						f.Fix.Text += strings.TrimPrefix(stacks.FixFor(stack, slug, p).Text, advice.Text)
					}
					break
				}
			}
		}
	}
}

// fixes adds to each finding what to do on the server's stack, and to the first
// error the configuration that carries out the policy. It is the same for all of
// them but doubled headers: those need a change of the layer around it, not a
// second copy of what is there.
func (r *run) fixes(cases []finding.Case) {
	inner, outer := r.Stack, r.Stack
	if matches := stacks.Recognize(r.seen); len(matches) > 0 {
		inner = cmp.Or(inner, matches[len(matches)-1].Stack) // where the policy belongs
		outer = cmp.Or(outer, inner)
		if matches[0].Stack.Layer < stacks.Application {
			outer = matches[0].Stack
		}
	}
	if inner == nil {
		return
	}
	advise(inner, &r.Policy, cases)
	first := func(doubled bool) *finding.Fix {
		i := slices.IndexFunc(cases, func(c finding.Case) bool { return c.Failed() && (c.Rule == duplicates) == doubled })
		if i < 0 {
			return nil
		}
		return &cases[i].Findings[0].Fix
	}
	add := func(fix *finding.Fix, stack *stacks.Stack, slug, before string) {
		whole := stacks.FixFor(stack, slug, &r.Policy)
		if fix == nil || whole.Text == "" {
			return
		}
		fix.Stack, fix.Where = whole.Stack, whole.Where
		fix.Text += "\n" + before + whole.Text
	}
	add(first(true), outer, duplicates, "")
	if inner.Snippet != nil {
		add(first(false), inner, "", "This carries out the whole policy.\n")
	}
}

// AddCheck adds the command that checks the fix to each finding that has a fix and
// no command.
func AddCheck(cases []finding.Case, command string) {
	for i := range cases {
		for j := range cases[i].Findings {
			if fix := &cases[i].Findings[j].Fix; fix.Text != "" && fix.Check == "" {
				fix.Check = command
			}
		}
	}
}
