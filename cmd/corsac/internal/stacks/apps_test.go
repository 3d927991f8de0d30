package stacks

import (
	"slices"
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cors"
)

// TestAppOrigins checks that a stack either carries over the origins of apps and
// extensions or says that it does not, and that no odd host gets into a
// configuration.
func TestAppOrigins(t *testing.T) {
	t.Parallel()
	const odd, all = `app://a";'b`, "moz-extension://*"
	p := &cors.Policy{AllowOrigins: []string{"https://app.example.com", "app://.", odd, all}, DangerouslyAllowAllBrowserExtensions: true}
	if _, err := cors.New(*p); err != nil {
		t.Fatal(err)
	}
	var can []string
	for _, s := range All() {
		got := s.Snippet(p)
		lost := func(text string) bool {
			return slices.ContainsFunc(got.Lost, func(d Difference) bool { return strings.Contains(d.Text, text) })
		}
		if s.Name == "github-pages" {
			continue // it allows every origin
		}
		whole := s.Name == "corsac" || s.Name == "go" // which read back what they quote
		if (strings.Contains(got.Code, `";'b`) || !lost(odd)) && !whole {
			t.Errorf("%s: %s is lost: %t\n%s", s.Name, odd, lost(odd), got.Code)
		}
		if carried := strings.Contains(strings.ReplaceAll(got.Code, `\`, ""), "moz-extension:"); carried == (lost(all) || lost("same origin to everyone") || lost("wildcards")) {
			t.Errorf("%s: %s is carried over: %t; %v\n%s", s.Name, all, carried, got.Lost, got.Code)
		} else if carried {
			can = append(can, s.Name)
		}
		if !strings.Contains(strings.ReplaceAll(got.Code, `\`, ""), "app://.") && !lost("app://.") {
			t.Errorf("%s: app://. is neither carried over nor lost\n%s", s.Name, got.Code)
		}
	}
	if len(can) < 10 || !slices.Contains(can, "nginx") || !slices.Contains(can, "go") {
		t.Errorf("extensions can be expressed for %q", can)
	}
}
