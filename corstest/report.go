package corstest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// browser returns the common name of the browser of a trial.
func (x *trial) browser() string { return verdict.BrowserName(x.out.Profile.String()) }

// went reports whether the request itself was sent.
func (x *trial) went() bool {
	return slices.ContainsFunc(x.out.Wire, func(w fetch.Recorded) bool { return w.Kind == fetch.KindActual })
}

// refusal says what the browser did instead of letting script read the
// response.
func (x *trial) refusal() string {
	e := x.out.Error
	if e == nil {
		return x.browser() + " makes the request, but script gets an opaque response that it cannot read"
	}
	name := string(e.Code)
	if name == "" {
		name = string(e.Reason)
	}
	return fmt.Sprintf("%s blocks it: %s", x.browser(), name)
}

// exposure says which of the headers script cannot read.
func (x *trial) exposure(names []string) string {
	if x.out.Result != fetch.Allowed {
		return x.refusal()
	}
	var hidden, absent []string
	for _, name := range names {
		sent := x.out.Wire[len(x.out.Wire)-1].ResponseHeaders
		switch {
		case !sent.Has(name):
			absent = append(absent, name)
		case !x.out.CanRead(name):
			hidden = append(hidden, name)
		}
	}
	var parts []string
	if len(hidden) > 0 {
		parts = append(parts, "script may read the response, but not its "+strings.Join(hidden, ", "))
		x.hidden = hidden
	}
	if len(absent) > 0 {
		parts = append(parts, "the response has no "+strings.Join(absent, ", "))
	}
	return strings.Join(parts, ", and ")
}

// report returns the message for a failure.
func (x *trial) report(e *expectation, got string) string {
	v := verdict.Of(x.out, verdict.Facts{ReadHeaders: x.hidden})
	r := &report{}
	r.line("corstest.%s: %s %s from a page of %s", e.name, x.request.Method, x.request.URL, x.page)
	r.line("  want: %s", e.want)
	if x.code != "" {
		r.line("        with %s", x.code)
	}
	r.line("  got:  %s", got)
	if x.panicked != "" && x.stack != "" {
		for line := range strings.SplitSeq(x.stack, "\n") {
			r.line("        %s", strings.ReplaceAll(line, "\t", "    "))
		}
	}
	r.conversation(v)
	if len(v.Wire) == 0 {
		r.line("\n  Nothing was sent.")
	}
	if text := v.Console(); text != "" {
		r.line("\n  %s's console:\n     %s", x.browser(), text)
	}
	if h := x.hint(v); h != "" && e.name != "Refuses" && x.panicked == "" {
		r.line("\n  %s", h)
	}
	return strings.TrimSuffix(r.String(), "\n")
}

// reason returns the text of a network error, without the browser's name for
// it.
func reason(err error) string {
	var n *fetch.NetError
	if errors.As(err, &n) && n.Err != nil {
		return n.Err.Error()
	}
	return err.Error()
}

type report struct{ strings.Builder }

func (r *report) line(format string, args ...any) { fmt.Fprintf(r, format+"\n", args...) }

// conversation writes what was sent, what came back, and what the browser
// decided.
func (r *report) conversation(v *verdict.Verdict) {
	for _, l := range v.Conversation() {
		text := l.Text
		if l.Note != "" {
			text += "  (" + l.Note + ")"
		}
		if l.Kind == verdict.LineRequest {
			r.line("\n  %s  %s", l.Mark(), text)
		} else {
			r.line("     %s %s", l.Mark(), text)
		}
	}
}
