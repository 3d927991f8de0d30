package diagnose

import (
	"net/http"
	"strings"

	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = register(&Cause{
	Slug:    "storage-cors-rule-missing",
	When:    "A preflight is refused by object storage, which is recognized by its headers or the body.",
	Example: &Scenario{Server: bucket("GET, HEAD"), Request: fetch.Request{URL: "{server}/a.png", Method: "PUT"}},
	Fixed:   &Scenario{Server: bucket("GET, HEAD, PUT")},
	rules: []rule{{rank: textual, of: refusedPreflight, find: func(s *scene) *shown {
		text := s.says(storageTexts...)
		if !s.preflight() || text == "" && s.symptom() != "storage-cors-rule-missing" {
			return nil
		}
		f := by()
		if text != "" {
			f = s.byBody(text)
		}
		p := s.parts()
		if !p.fine {
			return f
		}
		f.also(p.passed)
		missing := append([]string{}, p.headers...)
		if p.method != "" {
			missing = append([]string{p.method}, missing...)
		}
		if len(missing) > 0 {
			f.fix = cause.Lookup("storage-cors-rule-missing").Fix + " The origin is allowed; what its rule lacks is " + strings.Join(missing, ", ") + "."
		}
		return f
	}}},
})

// storageTexts are what object storage says to a preflight that no rule matches.
var storageTexts = []string{"CORSResponse", "CORS is not enabled for this bucket", "CorsPreflightFailure", "CORS not enabled or no matching rule"}

// bucket is object storage with a rule for some methods.
func bucket(methods string) http.Handler {
	return handle(func(w http.ResponseWriter, r *http.Request) {
		asked := r.Method
		if isPreflight(r) {
			asked = r.Header.Get(protocol.RequestMethod)
		}
		if !protocol.Lists(methods, asked) {
			w.Header().Set("Server", "AmazonS3")
			write(http.StatusForbidden, "application/xml", "<Error><Code>AccessForbidden</Code><Message>CORSResponse: This CORS request is not allowed.</Message></Error>").ServeHTTP(w, r)
			return
		}
		allowing(dev, items).ServeHTTP(w, r)
	})
}
