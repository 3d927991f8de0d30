package stacks

import (
	"strings"
	"testing"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/fetch"
)

// TestGinPreflight checks that a preflight of gin-contrib/cors is not taken for
// one of rs/cors: the former has Vary in three lines.
func TestGinPreflight(t *testing.T) {
	vary := []string{"Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"}
	seen := Seen{Method: "OPTIONS", Status: 204}
	for _, name := range vary {
		seen.Headers = append(seen.Headers, fetch.Header{Name: "Vary", Value: name})
	}
	if got := Recognize([]Seen{seen}); len(got) != 1 || got[0].Stack.Name != "gin" {
		t.Errorf("three lines: %v", got)
	}
	seen.Headers = fetch.Headers{{Name: "Vary", Value: strings.Join(vary, ", ")}}
	if got := Recognize([]Seen{seen}); len(got) != 1 || got[0].Stack.Name != "rs-cors" {
		t.Errorf("one line: %v", got)
	}
}

// TestUnreleased checks that the fix for Go says how to get the module.
func TestUnreleased(t *testing.T) {
	fix := FixFor(Lookup("go"), "", &cors.Policy{AllowOrigins: []string{"https://app.example.com"}})
	want := "    go mod edit -replace github.com/corsac-dev/corsac=/path/to/the/clone\n    go mod tidy "
	if !strings.Contains(fix.Text, want) || strings.Contains(fix.Text, "go get") {
		t.Error(fix.Text)
	}
}

// TestFastAPICrash checks that the fix for an exception has no class for Vary.
func TestFastAPICrash(t *testing.T) {
	p := &cors.Policy{AllowOrigins: []string{"https://app.example.com"}}
	fix := FixFor(Lookup("fastapi"), "server-error-without-cors", p)
	if strings.Contains(fix.Text, "class VaryingCORS") || !strings.Contains(fix.Text, "app = CORSMiddleware(") {
		t.Error(fix.Text)
	}
	if strings.Contains(fix.Text, "max_age=5,\n") {
		t.Error("an unexplained max_age")
	}
}

// TestReplaces checks that the lines for a server that has CORS say what they
// replace, and are not to be installed.
func TestReplaces(t *testing.T) {
	p := &cors.Policy{AllowOrigins: []string{"https://app.example.com"}}
	fix := FixSeen(Lookup("koa"), "", p, true, "")
	if !strings.Contains(fix.Text, "in place of your app.use(cors(…)):") || strings.Contains(fix.Text, "Install") {
		t.Error(fix.Text)
	}
}
