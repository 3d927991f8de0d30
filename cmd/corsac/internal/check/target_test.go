package check

import (
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/csp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/paste"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/fetch"
)

// TestTarget checks that URLs are resolved and upgraded as browsers do it.
func TestTarget(t *testing.T) {
	t.Parallel()
	upgrades := csp.Parse([]string{"upgrade-insecure-requests"})
	for _, c := range []struct {
		url, page string
		csp       csp.Policies
		want      string
	}{
		{"/s?at=12:30", "https://app.example/a/b", nil, "https://app.example/s?at=12:30"},
		{"s?at=12:30", "https://app.example/a/b", nil, "https://app.example/a/s?at=12:30"},
		{`\\api.example\x`, "https://app.example/a/b", nil, "https://api.example/x"},
		{"https://api.example", "https://app.example/", nil, "https://api.example"},
		{"http://api.example:80/x", "https://app.example/", upgrades, "https://api.example/x"},
		{`http:\\api.example\x`, "https://app.example/", upgrades, "https://api.example/x"},
		{"http://127.1:80/x", "https://app.example/", upgrades, "http://127.1:80/x"},
	} {
		s := Session{Case: Case{Request: &fetch.Request{URL: c.url}}, csp: c.csp}
		s.resolveTarget(&fetch.PageConfig{URL: c.page})
		if s.Case.Request.URL != c.want {
			t.Errorf("%s on %s: %s, want %s", c.url, c.page, s.Case.Request.URL, c.want)
		}
	}
}

// TestPasteTarget checks that the URL of a pasted call is relative to its page.
func TestPasteTarget(t *testing.T) {
	t.Parallel()
	requests, err := paste.Parse(`fetch("s?at=12:30", {"referrer": "https://app.example/a/b"})`, paste.Auto, nil)
	if err != nil {
		t.Fatal(err)
	}
	cases, err := FromPaste(requests, &Case{Servers: probe.Settings{MaxTime: 5}}, &Spec{})
	if err != nil || cases[0].Request.URL != "https://app.example/a/s?at=12:30" {
		t.Errorf("%v, %v", cases, err)
	}
}
