package stacks

import (
	"fmt"
	"strings"
	"testing"
)

func TestTraefikMatches(t *testing.T) {
	for rule, want := range map[string]string{
		"Host(`a.example`)":              "a.example ",
		"host(\"A.Example\")":            "a.example ",
		"Host(`a.example`, `b.example`)": "a.example , b.example ",
		"PathPrefix(`/`)":                " ",
		"Path(`/`)":                      " =/",
		"Host(`a`)&&Path(`/x`)":          "a =/x",
		"( Host(`a`) || PathPrefix(`/b`) ) && PathPrefix(`/b/c`)": "a /b/c,  /b/c+",
		"Host(`a`) && Host(`b`)":                                  "a +",
		"Host(`a`) && Method(`GET`)":                              "a +",
		"Host(`a`) && !PathPrefix(`/b`)":                          "a +",
		"!(Host(`a`) || Host(`b`))":                               " +",
		"HostRegexp(`^.+$`) && PathPrefix(`/b`)":                  " /b+",
		"Host(`*.example`)":                                       " +",
		"Host(`${HOST}`) && PathPrefix(`/b`)":                     " /b+",
		"PathPrefix(`/b/{id}`)":                                   " +",
		"PathPrefix(`b`)":                                         " +",
		"Host(`a`":                                                " +",
		"Host(`a) && Path(`/b`)":                                  " +",
		"Host()":                                                  " +",
		"Host(`a`) Host(`b`)":                                     " +",
		"Host(`a`) ||":                                            " +",
		"":                                                        " +",
		strings.Repeat("(", 100) + "Host(`a`)" + strings.Repeat(")", 100): " +",
		"Host(`a`)" + strings.Repeat(" || Host(`a`)", 100):                " +",
		"Host(`a`)" + strings.Repeat(" ", 10_000):                         " +",
	} {
		var list []string
		for _, m := range traefikMatches(rule) {
			text := fmt.Sprintf("%s %s%s", m.host, map[bool]string{true: "="}[m.exact], m.path)
			if m.more {
				text += "+"
			}
			list = append(list, text)
		}
		if got := strings.Join(list, ", "); got != want {
			t.Errorf("%.100s: %q, want %q", rule, got, want)
		}
	}
}

// FuzzTraefikMatches checks that no rule is much work, and that each has an
// alternative.
func FuzzTraefikMatches(f *testing.F) {
	f.Add("(Host(`a`) || !PathPrefix(`/b`, '/c')) && Path(\"/d\")")
	f.Fuzz(func(t *testing.T, rule string) {
		list := traefikMatches(rule)
		if len(list) == 0 || len(list) > maxMatches {
			t.Errorf("%q has %d alternatives", rule, len(list))
		}
		for _, m := range list {
			if !strings.Contains(strings.ToLower(rule), m.host) || !strings.Contains(rule, m.path) {
				t.Errorf("%q does not say %q %q", rule, m.host, m.path)
			}
		}
	})
}
