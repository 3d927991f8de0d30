package report_test

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/diagnose"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/terminal"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// watched returns a verdict on a GET whose response has a status, 0 for none, and
// headers.
func watched(status int, headers ...string) *verdict.Verdict {
	v := &verdict.Verdict{
		Profile: "chrome", Result: fetch.Blocked, Error: &verdict.Error{Message: "refused"},
		Request: verdict.Request{Method: "GET", URL: "http://api/", Origin: "http://page"},
		Wire:    []verdict.Wire{{Kind: fetch.KindActual, Method: "GET", URL: "http://api/", Status: status}},
	}
	if status == 0 {
		v.Result, v.Error = fetch.Failed, &verdict.Error{Code: "net::ERR_CONNECTION_REFUSED", Detail: "from port 4711"}
	}
	for i := 0; i < len(headers); i += 2 {
		v.Wire[0].ResponseHeaders = append(v.Wire[0].ResponseHeaders, fetch.Header{Name: headers[i], Value: headers[i+1]})
	}
	return v
}

func TestDifferences(t *testing.T) {
	t.Parallel()
	const get = "GET http://api/"
	redirected := watched(301)
	redirected.Wire = append(redirected.Wire, redirected.Wire[0], verdict.Wire{Kind: fetch.KindPreflight, Method: "OPTIONS", URL: "http://api/x", Status: 204})
	other := watched(200)
	other.Profiles = map[string]*verdict.Verdict{"firefox": {Profile: "firefox", Result: fetch.Allowed}}
	refused := watched(200)
	refused.Error.Message = "refused \x1b otherwise"
	for _, c := range []struct {
		name          string
		before, after *verdict.Verdict
		want          []report.Difference
	}{
		{"nothing", watched(200, "Vary", "Origin"), watched(200, "vary", "Origin"), nil},
		{"what matters not", watched(200, "Date", "1"), watched(200, "Date", "2"), nil},
		{"status", watched(404), watched(200), []report.Difference{{get, "status", "404 Not Found", "200 OK"}}},
		{"headers", watched(200, "Vary", "Accept", "Access-Control-Max-Age", "1"), watched(200, "Vary", "Origin", "Access-Control-Allow-Origin", "*"), []report.Difference{
			{get, "Vary", "Accept", "Origin"}, {get, "Access-Control-Allow-Origin", "", "*"}, {get, "Access-Control-Max-Age", "1", ""},
		}},
		{"a second line", watched(200, "Vary", "a"), watched(200, "Vary", "a", "Vary", "a"), []report.Difference{{get, "Vary", "a", "a, and in another line a"}}},
		{"no longer answered", watched(200, "Vary", "a"), watched(0), []report.Difference{
			{"", "Chrome", "blocked: refused", "error: nothing listens there, net::ERR_CONNECTION_REFUSED"},
			{get, "status", "200 OK", "no response"},
			{get, "Vary", "a", ""},
		}},
		{"more requests", watched(301), redirected, []report.Difference{
			{get + " (2)", "status", "", "301 Moved Permanently"}, {"OPTIONS http://api/x (preflight)", "status", "", "204 No Content"},
		}},
		{"fewer requests", redirected, watched(301), []report.Difference{
			{get + " (2)", "status", "301 Moved Permanently", ""}, {"OPTIONS http://api/x (preflight)", "status", "204 No Content", ""},
		}},
		{"reason", watched(200), refused, []report.Difference{{"", "Chrome", "blocked: refused", `blocked: refused \u001B otherwise`}}},
		{"another browser", watched(200), other, []report.Difference{{"", "Firefox", "", "allowed"}}},
	} {
		if got := report.Differences(c.before, c.after); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q\nwant %q", c.name, got, c.want)
		}
	}
}

// TestWatch checks that a verdict is whole only once, and that a network error does
// not hide what changed meanwhile.
func TestWatch(t *testing.T) {
	t.Parallel()
	with := func(v *verdict.Verdict, causes ...string) *diagnose.Verdict {
		for _, title := range causes {
			v.Findings = append(v.Findings, finding.Finding{Cause: title, Severity: finding.Error, Title: title, Fix: finding.Fix{Text: "Fix " + title + "."}})
		}
		return &diagnose.Verdict{Verdict: v}
	}
	var out bytes.Buffer
	watch := &report.Watch{Text: &report.Text{Writer: &terminal.Writer{Out: &out}}}
	const blocked, failed = "✗ blocked by Chrome: GET http://api/ from http://page\n", "✗ network error: GET http://api/ from http://page: nothing listens there, net::ERR_CONNECTION_REFUSED\n"
	watch.Print(with(watched(404), "one", "two"))
	for _, c := range []struct {
		v    *diagnose.Verdict
		want string
	}{
		{with(watched(0), "down"), failed},
		{with(watched(404), "one", "two"), blocked + "  as before the network error\n"},
		{with(watched(0), "down"), failed},
		{with(watched(200, "Vary", "Origin"), "one", "three"), blocked + "  GET http://api/\n    ~ status: 404 Not Found → 200 OK\n    + Vary: Origin\n  no longer: two\n\ncause: three\n  → Fix three.\n"},
		{with(watched(200), "one"), blocked + "  GET http://api/\n    - Vary: Origin\n  no longer: three\n"},
	} {
		out.Reset()
		watch.Print(c.v)
		if out.String() != c.want {
			t.Errorf("%s\nwant:\n%s", out.String(), c.want)
		}
	}
}
