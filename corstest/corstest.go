package corstest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// Check is the form of [Allows], [Refuses] and [Preflights], for the table of
// [Run].
type Check func(t testing.TB, h http.Handler, origin, request string, opts ...Option)

// Allows reports a test failure unless script on a page of origin can make the
// request and read the response, whatever its status. request is a method and a
// path, as in "PUT /items?page=2", or a method and an absolute URL.
func Allows(t testing.TB, h http.Handler, origin, request string, opts ...Option) {
	t.Helper()
	check(t, h, origin, request, opts, &expectation{
		name: "Allows", want: "script may make the request and read the response", statusOK: true,
		judge: func(x *trial) string {
			switch {
			case x.out.Result != fetch.Allowed:
				return x.refusal()
			case x.status != 0 && x.status != x.out.Response.Status:
				return fmt.Sprintf("script may read it, but the status is %d, not %d", x.out.Response.Status, x.status)
			}
			return ""
		},
	})
}

// Refuses reports a test failure unless CORS keeps script on a page of origin
// from reading the response: the preflight fails, so that the request is never
// sent, or the response cannot be read. It also fails if something else stops
// the request, because then the test says nothing about the handler. [Code]
// sets the exact error to expect.
func Refuses(t testing.TB, h http.Handler, origin, request string, opts ...Option) {
	t.Helper()
	check(t, h, origin, request, opts, &expectation{
		name: "Refuses", want: "CORS keeps script from reading the response", codeOK: true,
		judge: func(x *trial) string {
			switch {
			case x.out.Result == fetch.Allowed:
				return fmt.Sprintf("%s lets script read the response, with status %d", x.browser(), x.out.Response.Status)
			case x.out.Result == fetch.Opaque:
				return x.refusal()
			case x.code != "" && x.code != x.out.Error.Code:
				return fmt.Sprintf("%s, not %s", x.refusal(), x.code)
			case x.code == "" && !serverRefuses(x.out.Error):
				return x.refusal() + ", which is not a decision of the server's CORS headers"
			}
			return ""
		},
	})
}

// Preflights reports a test failure unless the browser sends a preflight before
// the request, and the response to it allows the request. It ignores the
// response to the request itself; use [Allows] for that.
func Preflights(t testing.TB, h http.Handler, origin, request string, opts ...Option) {
	t.Helper()
	check(t, h, origin, request, opts, &expectation{
		name: "Preflights", want: "a preflight that allows the request",
		judge: func(x *trial) string {
			switch {
			case !x.out.Preflight.Sent && x.out.Error == nil:
				return x.browser() + " sends no preflight, because this is a simple request"
			case !x.out.Preflight.Sent || !x.went():
				return x.refusal()
			}
			return ""
		},
	})
}

// Exposes is [Allows], and also reports a test failure unless the response has
// the named headers and script can read them. headers is one name or several:
// "X-Total-Count", or "X-Total-Count, Link".
func Exposes(t testing.TB, h http.Handler, origin, request, headers string, opts ...Option) {
	t.Helper()
	var names []string
	for name := range strings.SplitSeq(headers, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	e := &expectation{
		name: "Exposes", want: "script can read " + strings.Join(names, ", "),
		judge: func(x *trial) string { return x.exposure(names) },
	}
	if len(names) == 0 {
		e.mistake = `there are no header names; write them as in "X-Total-Count, Link"`
	}
	check(t, h, origin, request, opts, e)
}

// Outcome makes the request as the other functions do and returns its outcome,
// for checks of your own. It returns nil after a mistake in the call, if
// t.Fatalf returns.
func Outcome(t testing.TB, h http.Handler, origin, request string, opts ...Option) *fetch.Outcome {
	t.Helper()
	var out *fetch.Outcome
	e := &expectation{name: "Outcome", want: "an outcome", anyResult: true, judge: func(x *trial) string {
		out = x.out
		return ""
	}}
	check(t, h, origin, request, opts, e)
	return out
}

// expectation is what a call expects of an outcome.
type expectation struct {
	name, want string
	// mistake says what is wrong with the call.
	mistake string
	// codeOK and statusOK say whether the call accepts the options Code and
	// Status.
	codeOK, statusOK bool
	// anyResult accepts failures of the network and of script.
	anyResult bool
	// judge says what is wrong with the outcome; "" if nothing is.
	judge func(*trial) string
}

// check makes the request in each browser.
func check(t testing.TB, h http.Handler, origin, request string, opts []Option, e *expectation) {
	t.Helper()
	s, err := newSetup(h, origin, request, opts)
	switch {
	case err != nil:
	case e.mistake != "":
		err = mistake(e.mistake)
	case s.code != "" && !e.codeOK:
		err = mistake("the option Code is only for Refuses; nothing else expects an error")
	case s.status != 0 && !e.statusOK:
		err = mistake("the option Status is only for Allows")
	case e.anyResult && len(s.profiles) > 1:
		err = mistake("Outcome uses one browser; call it once per browser")
	}
	if err != nil {
		t.Fatalf("corstest.%s: %v", e.name, err)
		return
	}
	for _, p := range s.profiles {
		x, err := s.try(h, p)
		if err != nil {
			t.Fatalf("corstest.%s: %v", e.name, err)
			return
		}
		if failed := x.out.Error; !e.anyResult && failed != nil && failed.Code == fetch.CodeTypeError && x.code != failed.Code {
			t.Fatalf("corstest.%s: script cannot make the request %q, whatever the handler does: %s", e.name, request, strings.TrimSpace(failed.Console(fetch.Chromium)))
			return
		}
		if got := x.verdict(e); got != "" {
			t.Errorf("%s", x.report(e, got))
		}
	}
}

// verdict says what is wrong with a trial; "" if nothing is.
func (x *trial) verdict(e *expectation) string {
	failed := x.out.Error
	switch {
	case x.panicked != "":
		return "the handler panicked: " + verdict.Printable(x.panicked)
	case e.anyResult || failed == nil:
	case x.out.Result == fetch.Failed && x.code != failed.Code:
		return fmt.Sprintf("there was no response: %s (%v)", failed.Code, reason(failed.Err))
	}
	return e.judge(x)
}

// serverRefuses reports whether the server's CORS headers caused an error.
func serverRefuses(e *fetch.Error) bool {
	switch e.Code {
	case fetch.CodeInsecureLocalNetwork, fetch.CodeLocalNetworkAccessPermissionDenied, fetch.CodeCorsDisabledScheme:
		return false
	}
	return e.CORS()
}
