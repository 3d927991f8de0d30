package verify

import (
	"slices"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
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
		if w := &v.Wire[i]; w.Status != 0 && len(r.seen) < maxSeen {
			r.seen = append(r.seen, stacks.Seen{Method: w.Method, URL: w.URL, Status: w.Status, Headers: w.ResponseHeaders})
		}
	}
}

// advised are the causes under which stacks have advice about a broken invariant,
// besides its own name.
var advised = map[string][]string{
	"error-without-cors":    {"headers-only-on-success", "server-error-without-cors"},
	"missing-vary-origin":   {"conditional-cors-without-vary"},
	"duplicate-cors-header": {"duplicate-acao"},
}

// advise adds what the stack has to say about each finding.
func advise(stack *stacks.Stack, cases []finding.Case) {
	for i := range cases {
		for j := range cases[i].Findings {
			f := &cases[i].Findings[j]
			for _, slug := range append([]string{f.Cause}, advised[f.Cause]...) {
				if advice, ok := stack.Advice[slug]; ok {
					f.Fix.Stack = stack.Name
					f.Fix.Text += "\n" + stack.Title + ": " + advice.Text
					break
				}
			}
		}
	}
}

// fixes adds to each finding what to do on the server's stack, and to the first
// error the configuration that carries out the policy. It is the same for all of
// them.
func (r *run) fixes(cases []finding.Case) {
	stack := r.Stack
	if stack == nil {
		matches := stacks.Recognize(r.seen)
		if len(matches) == 0 {
			return
		}
		stack = matches[len(matches)-1].Stack // the innermost, where the policy belongs
	}
	advise(stack, cases)
	i := slices.IndexFunc(cases, func(c finding.Case) bool { return c.Failed() })
	if i < 0 || stack.Snippet == nil {
		return
	}
	whole := stacks.FixFor(stack, "", &r.Policy)
	if whole.Text == "" {
		return
	}
	fix := &cases[i].Findings[0].Fix
	fix.Stack, fix.Where = whole.Stack, whole.Where
	fix.Text += "\nThis carries out the whole policy.\n" + whole.Text
}
