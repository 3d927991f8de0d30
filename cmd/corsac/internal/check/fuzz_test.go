package check

import (
	"testing"

	"github.com/corsac-dev/corsac/fetch"
)

// FuzzDocument reads the heads of documents. It checks that nothing panics, and
// that a sandbox in a meta element never counts.
func FuzzDocument(f *testing.F) {
	for _, s := range []string{
		`<meta http-equiv=content-security-policy content="connect-src 'self'; sandbox">`, `<head><meta name=referrer content=origin></head>`,
		"<!--", "<meta", "\x1f\x8b", `<meta http-equiv="Content-Security-Policy" content="sandbox, sandbox">`,
	} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, s string, compressed bool) {
		var headers []fetch.Header
		if compressed {
			headers = append(headers, fetch.Header{Name: "Content-Encoding", Value: "gzip"})
		}
		p := new(page)
		p.readDocument(document(headers, []byte(s)))
		if p.csp.Sandboxed() {
			t.Fatalf("%q: sandboxed", s)
		}
	})
}
