package corstest

import (
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// hint says what caused the failure and how to fix it, then the header lines that
// the responses need; "" if nothing is known. There are no lines where the cause
// is not the policy: see [cause.Annotate].
func (x *trial) hint(v *verdict.Verdict) string {
	var parts []string
	cause.Annotate(v)
	if len(v.Findings) > 0 && (v.Result != fetch.Allowed || len(x.hidden) > 0) {
		f := &v.Findings[0]
		parts = append(parts, label(f)+": "+f.Title+"\n     "+f.Why+"\n     Fix: "+f.Fix.Text)
	}
	if needs := x.needs(v.Change); needs != "" {
		parts = append(parts, needs)
	}
	return strings.Join(parts, "\n\n  ")
}

// label is what stands before a cause: how sure it is.
func label(f *verdict.Finding) string {
	switch f.Confidence {
	case verdict.ConfidenceLikely:
		return "Likely cause"
	case verdict.ConfidencePossible:
		return "Possible cause"
	}
	return "Cause"
}

// needs are the header lines that a change puts on the responses.
func (x *trial) needs(changes []verdict.Change) string {
	goal, all := "To let script read it, ", "the response"
	if e := x.out.Error; e != nil {
		goal = "To allow it, "
		if e.Preflight {
			all = "every response"
		}
	}
	var needs []string
	for _, answer := range []struct{ on, name string }{
		{"every", all}, {"preflight", "the preflight response"}, {"actual", "the response"},
	} {
		if lines := linesOn(changes, answer.on); lines != "" {
			needs = append(needs, goal+answer.name+" needs:"+lines)
			goal = "And "
		}
	}
	return strings.Join(needs, "\n  ")
}

// linesOn are the lines that a change puts on one kind of responses.
func linesOn(changes []verdict.Change, on string) string {
	var b strings.Builder
	for i := range changes {
		switch c := &changes[i]; {
		case c.On != on:
		case c.Field == "preflight_status":
			b.WriteString("\n     status " + c.Values[0] + ", " + c.Why)
		case c.Header != "":
			b.WriteString("\n     " + verdict.Printable(c.Header))
		}
	}
	return b.String()
}
