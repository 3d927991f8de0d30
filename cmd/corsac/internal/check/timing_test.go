package check

import (
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/fetch"
)

// wired returns an outcome for a page of https://app.example with responses, each
// a URL and its Timing-Allow-Origin.
func wired(responses ...string) *fetch.Outcome {
	o := &fetch.Outcome{Origin: "https://app.example", Response: &fetch.Response{}}
	for _, r := range responses {
		url, allows, _ := strings.Cut(r, " ")
		w := fetch.Recorded{WireRequest: fetch.WireRequest{Kind: fetch.KindActual, URL: url}, Status: 200}
		if allows != "" {
			w.ResponseHeaders = fetch.Headers{{Name: "Timing-Allow-Origin", Value: allows}}
		}
		o.Wire = append(o.Wire, w)
	}
	return o
}

// TestNotesOfOrigin checks the notes on same-origin requests and on timings.
func TestNotesOfOrigin(t *testing.T) {
	t.Parallel()
	blocked := wired("https://api.example/ *")
	blocked.Response = nil
	tainted := wired("https://api.example/ *", "https://b.example/ https://app.example")
	tainted.Wire[1].Headers = fetch.Headers{{Name: "Origin", Value: "null"}}
	for _, c := range []struct {
		outcome *fetch.Outcome
		want    string
	}{
		{blocked, ""},
		{tainted, "cannot read the detailed timings"},
		{wired("https://api.example/ *", "https://app.example/back"), "cannot read the detailed timings"},
		{wired("https://app.example/x"), "same origin: CORS is not asked"},
		{wired("https://app.example:443/x", "https://app.example/y"), "same origin: CORS is not asked"},
		{wired("https://app.example/x", "https://api.example/y"), ""},
		{wired("http://app.example/x"), ""},
		{wired(), ""},
		{wired("https://api.example/ *"), "can read the detailed timings"},
		{wired("https://api.example/ https://b.example, https://app.example"), "can read the detailed timings"},
		{wired("https://api.example/ https://b.example"), "cannot read the detailed timings"},
		{wired("https://api.example/ *", "https://b.example/"), "cannot read the detailed timings"},
		{wired("https://app.example/", "https://b.example/ *"), "can read the detailed timings"},
	} {
		got := strings.Join(append(sameOrigin(c.outcome), timings(c.outcome)...), "; ")
		if !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%+v: %q, want %q", c.outcome.Wire, got, c.want)
		}
	}
}
