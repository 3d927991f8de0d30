package corstest

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/bytestr"
)

// browser is what people call the browser of a trial.
func (x *trial) browser() string {
	switch x.out.Profile {
	case fetch.Chromium:
		return "Chrome"
	case fetch.Firefox:
		return "Firefox"
	case fetch.Safari:
		return "Safari"
	}
	return "the Fetch standard"
}

// went reports whether the request itself was sent.
func (x *trial) went() bool {
	return slices.ContainsFunc(x.out.Wire, func(w fetch.Recorded) bool { return w.Kind == fetch.KindActual })
}

// refusal is what the browser did instead of letting script read the response.
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

// report is the message of a failure.
func (x *trial) report(e *expectation, got string) string {
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
	for i := range x.out.Wire {
		x.exchange(r, i)
	}
	switch {
	case len(x.out.Wire) == 0:
		r.line("\n  Nothing was sent.")
	case !x.went():
		r.line("\n  The request itself was not sent.")
	}
	if text := x.console(); text != "" {
		r.line("\n  %s's console:\n     %s", x.browser(), printable(text))
	}
	if h := x.hint(); h != "" && e.name != "Refuses" && x.panicked == "" {
		r.line("\n  %s", h)
	}
	return strings.TrimSuffix(r.String(), "\n")
}

// cause is what the network said, without the name that browsers have for it.
func cause(err error) string {
	var n *fetch.NetError
	if errors.As(err, &n) && n.Err != nil {
		return n.Err.Error()
	}
	return err.Error()
}

type report struct{ strings.Builder }

func (r *report) line(format string, args ...any) { fmt.Fprintf(r, format+"\n", args...) }

// exchange shows one request of the conversation and its answer.
func (x *trial) exchange(r *report, i int) {
	w := &x.out.Wire[i]
	note := ""
	if w.Kind == fetch.KindPreflight {
		note = "  (preflight)"
		if w.Hop == 0 && len(x.out.Preflight.Reasons) > 0 {
			var reasons []string
			for _, c := range x.out.Preflight.Reasons {
				reasons = append(reasons, c.String())
			}
			note = "  (preflight, for " + strings.Join(reasons, ", ") + ")"
		}
	}
	r.line("\n  %d  %s%s", i+1, printable(w.Method+" "+w.URL), printable(note))
	for _, h := range w.Headers {
		if x.asked(w, h.Name) {
			r.line("     > %s", printable(h.Name+": "+h.Value))
		}
	}
	if w.Err != nil {
		r.line("     ✗ no answer: %s", printable(cause(w.Err)))
		return
	}
	r.line("     < %s", strings.TrimSpace(fmt.Sprintf("%d %s", w.Status, http.StatusText(w.Status))))
	for _, h := range sorted(w.ResponseHeaders) {
		r.line("     < %s", printable(h.Name+": "+h.Value))
	}
	switch last := i == len(x.out.Wire)-1; {
	case last && x.out.Error != nil:
		r.line("     ✗ %s", printable(x.sentence()))
	case last:
		r.line("     ✓ script gets a response of type %s", x.out.Response.Type)
	case w.Kind == fetch.KindPreflight:
		r.line("     ✓ the preflight allows the request")
	default:
		r.line("     → redirected")
	}
}

// asked reports whether a request header matters here: what CORS is about, and what script has set.
func (x *trial) asked(w *fetch.Recorded, name string) bool {
	lower := strings.ToLower(name)
	return lower == "origin" || strings.HasPrefix(lower, "access-control-") ||
		w.Kind == fetch.KindActual && x.request.Headers.Has(name)
}

// sorted are the response headers that matter here, in a stable order: net/http has none.
func sorted(list fetch.Headers) fetch.Headers {
	var kept fetch.Headers
	for _, h := range list {
		switch name := strings.ToLower(h.Name); name {
		case "vary", "location", "allow", "cross-origin-resource-policy":
			kept = append(kept, h)
		default:
			if strings.HasPrefix(name, "access-control-") {
				kept = append(kept, h)
			}
		}
	}
	slices.SortStableFunc(kept, func(a, b fetch.Header) int { return strings.Compare(a.Name, b.Name) })
	return kept
}

// console is the line of the browser's console.
func (x *trial) console() string {
	e := x.out.Error
	if e == nil {
		return ""
	}
	return strings.TrimSpace(e.Console(x.out.Profile))
}

// sentence is the part of Chrome's line that says why; of others, the name of the error.
func (x *trial) sentence() string {
	e := x.out.Error
	chromes := x.out.Profile == fetch.Chromium || x.out.Profile == fetch.Standard
	if _, why, ok := strings.Cut(e.Console(fetch.Chromium), "has been blocked by CORS policy: "); ok && chromes {
		return why
	}
	if e.Code != "" {
		return string(e.Code)
	}
	return string(e.Reason)
}

// printable shows a byte string without control characters.
func printable(s string) string {
	if !utf8.ValidString(s) {
		s = bytestr.Decode(s)
	}
	var b strings.Builder
	for _, c := range s {
		if unicode.IsControl(c) || unicode.Is(unicode.Cf, c) {
			fmt.Fprintf(&b, "\\u%04X", c)
		} else {
			b.WriteRune(c)
		}
	}
	return b.String()
}
