package protocol

import (
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/internal/weburl"
)

func TestLists(t *testing.T) {
	if got := Entries(" a,, B ,\tc,"); !slices.Equal(got, []string{"a", "B", "c"}) {
		t.Errorf("%q", got)
	}
	if Entries("") != nil || !Lists("a, B", "b") || Lists("ab", "a") || Lists("a b", "a") {
		t.Error("lists")
	}
}

func TestRedirect(t *testing.T) {
	base, err := weburl.Parse("https://a.example/x/y", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		status    int
		locations []string
		to, raw   string
	}{
		{302, []string{"../z", "/other"}, "https://a.example/z", "../z"},
		{302, []string{"http://:1"}, "", "http://:1"},
		{302, nil, "", ""},
		{302, []string{strings.Repeat("x", maxURL+1)}, "", ""},
		{304, []string{"/z"}, "", ""},
		{200, []string{"/z"}, "", ""},
	} {
		to, raw := Redirect(c.status, c.locations, base)
		if got := ""; raw != c.raw || to != nil && to.String() != c.to || to == nil && got != c.to {
			t.Errorf("%d %.20q: %v, %.20q", c.status, c.locations, to, raw)
		}
	}
}

func TestKinds(t *testing.T) {
	if !IsHTML("Text/HTML; charset=utf-8") || IsHTML("application/json") || !IsGatewayError(503) || IsGatewayError(500) ||
		!IsSafelisted("POST") || IsSafelisted("post") || IsSafelisted("PUT") {
		t.Error("kinds")
	}
}
