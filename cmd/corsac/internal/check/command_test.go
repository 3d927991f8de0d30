package check

import (
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/fetch"
)

// TestCommand checks that the command asks what the case asks, in the same
// browsers, and shows no secret.
func TestCommand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		one      Case
		profiles []fetch.Profile
		want     string
	}{
		{Case{Request: &fetch.Request{URL: "https://a.example/x"}}, []fetch.Profile{fetch.Chromium}, "corsac check https://a.example/x --origin https://b.example"},
		{
			Case{Request: &fetch.Request{URL: "https://a.example/x"}, ReadHeaders: []string{"X-A", "X-B"}},
			[]fetch.Profile{fetch.Firefox},
			"corsac check https://a.example/x --origin https://b.example --read-header X-A --read-header X-B --profile firefox",
		},
		{
			Case{Request: &fetch.Request{URL: "https://a.example/x", Headers: fetch.Headers{{Name: "Authorization", Value: "Bearer secret"}}}, Cookies: []string{"sid=secret; SameSite=Lax", "a=secret; b=secret"}},
			[]fetch.Profile{fetch.Chromium, fetch.Firefox},
			"corsac check https://a.example/x --origin https://b.example -H 'Authorization: Bearer TOKEN' --cookie 'sid=TOKEN; SameSite=Lax' --cookie 'a=TOKEN; b=TOKEN' --profile all",
		},
		{
			Case{Request: &fetch.Request{URL: "https://a.example/x"}, Servers: probe.Settings{Insecure: true, HTTP1: true, MaxTime: 30}, Profiles: []fetch.Profile{fetch.Standard}},
			[]fetch.Profile{fetch.Chromium},
			"corsac check https://a.example/x --origin https://b.example --profile standard -k --http1.1",
		},
	} {
		c.one.Page.Origin = "https://b.example"
		session, err := New(Options{Profiles: c.profiles, Getenv: func(string) string { return "" }}).Session(t.Context(), &c.one)
		if err != nil {
			t.Fatal(err)
		}
		if got := session.Command(c.one.Request.URL, "https://b.example"); got != c.want {
			t.Errorf("%s\nwant %s", got, c.want)
		}
	}
}

// TestPageOfCommand checks that the command loads the page again, unless its
// origin is another than that of the request.
func TestPageOfCommand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ page, origin, want string }{
		{"", "https://b.example", "--origin https://b.example"},
		{"https://b.example/p?q", "https://b.example", "--page 'https://b.example/p?q'"},
		{"https://b.example/p", "null", "--origin null"},
		{"https://user:secret@b.example/", "https://b.example", "--origin https://b.example"},
	} {
		one := Case{PageURL: c.page, Request: &fetch.Request{URL: "https://a.example/x"}}
		if got, want := one.Command("https://a.example/x", c.origin), "corsac check https://a.example/x "+c.want; got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}
