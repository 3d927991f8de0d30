package stacks

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// hasHeader is the sign of a header, whatever its value.
func hasHeader(sure finding.Confidence, name string) Sign {
	return Sign{sure, func(s *Seen) string {
		if values := s.Headers.Values(name); values != nil {
			return name + ": " + values[0]
		}
		return ""
	}}
}

// headerContains is the sign of a header whose value contains text, ignoring
// case.
func headerContains(sure finding.Confidence, name, text string) Sign {
	return Sign{sure, func(s *Seen) string {
		for _, value := range s.Headers.Values(name) {
			if strings.Contains(strings.ToLower(value), strings.ToLower(text)) {
				return name + ": " + value
			}
		}
		return ""
	}}
}

// product is the sign of a Server header with the name of a product, alone or
// before a version: Apache is in "Apache/2.4.6 (Unix)", but not in
// "Apache-Coyote/1.1".
func product(name string) Sign {
	begins := header(finding.Certain, "Server", name)
	return Sign{finding.Certain, func(s *Seen) string {
		shown := begins.Shown(s)
		if rest := shown[min(len(shown), len("Server: ")+len(name)):]; rest == "" || rest[0] == '/' || rest[0] == ' ' {
			return shown
		}
		return ""
	}}
}

// bodyPrefix is the sign of a body that begins with text.
func bodyPrefix(sure finding.Confidence, text string) Sign {
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return Sign{sure, func(s *Seen) string {
		if strings.HasPrefix(s.Body, text) {
			return "the body begins with " + first
		}
		return ""
	}}
}

// plainError is the sign of an error whose body is its text alone, from a server
// that does not name itself.
func plainError(sure finding.Confidence, status int, text string) Sign {
	return trait(sure, "the body is only "+text, func(s *Seen) bool {
		return s.Status == status && s.Body == text && s.lacks("Server", "X-Powered-By")
	})
}

// host is the sign of a URL whose host ends in suffix.
func host(suffix string) Sign {
	return Sign{finding.Certain, func(s *Seen) string {
		if u, err := weburl.Parse(s.URL, nil); err == nil && strings.HasSuffix(u.Host, suffix) {
			return "the host " + u.Host
		}
		return ""
	}}
}
