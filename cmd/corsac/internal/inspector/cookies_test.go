package inspector_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/inspector"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/record"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/rewrite"
)

// TestLostCookies checks that cookies which other sites do not keep are named, as the
// server sent them.
func TestLostCookies(t *testing.T) {
	for _, c := range []struct {
		name, api string
		answer    []string
		changes   []rewrite.Change
		lost      string // the names, or ""
	}{
		{"without SameSite", "https://api.other.example", []string{"Set-Cookie: a=1; HttpOnly"}, nil, "cookie a:"},
		{"Lax, and none", "https://api.other.example", []string{"Set-Cookie: a=1; SameSite=Lax; Secure", "Set-Cookie: b=1; SameSite=None", "Set-Cookie: c=1; samesite=none ; SECURE"}, nil, "cookie a, b:"},
		{"one site", "https://api.example.com", []string{"Set-Cookie: a=1"}, nil, ""},
		{"another scheme", "http://api.example.com", []string{"Set-Cookie: a=1"}, nil, "cookie a:"},
		{"as the server sent it", "https://api.other.example", []string{"Set-Cookie: a=1"}, []rewrite.Change{{Header: "Set-Cookie", Before: "a=1; SameSite=None; Secure", After: "a=1"}}, ""},
		{"no cookie", "https://api.other.example", nil, nil, ""},
	} {
		s := start(t, inspector.Options{PageOrigin: "https://app.example.com", APIOrigin: c.api})
		x := apiCall("POST", "/login", 200, nil, c.answer...)
		x.proxied = record.Proxied{Route: "/", Mode: "same-origin", Sent: api + "/login", Changes: c.changes}
		s.record(x)
		notes := call[struct{ Notes []string }](s, "GET", "exchange/1", nil).Notes
		i := slices.IndexFunc(notes, func(n string) bool { return strings.Contains(n, "do not keep the cookie") })
		if (i >= 0) != (c.lost != "") || i >= 0 && !strings.Contains(notes[i], c.lost) {
			t.Errorf("%s: %q, want %q", c.name, notes, c.lost)
		}
	}
}
