package cli

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/report"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/cookie"
)

// cookieAttributes are the words of Set-Cookie that are no cookies.
var cookieAttributes = map[string]bool{
	"domain": true, "path": true, "secure": true, "httponly": true, "samesite": true, "partitioned": true, "max-age": true, "expires": true,
}

// maxCookie is how long a cookie can be (RFC 6265bis §5.6).
const maxCookie = 4096

// parseCookies makes Set-Cookie lines of the values of --cookie: cookies as in a
// Cookie header, and attributes, which are about all cookies of the value. Without
// SameSite, a cookie is one that pages of other sites may send, for that is what it
// is given for; a server that is not secure can have none such.
func parseCookies(values []string, secure bool) (lines []string, err error) {
	for _, value := range values {
		var pairs []string
		attributes, sameSite, path := "", false, false
		for part := range strings.SplitSeq(value, ";") {
			part = strings.TrimSpace(part)
			name, _, hasValue := strings.Cut(part, "=")
			lower := strings.ToLower(name)
			switch {
			case part == "":
			case cookieAttributes[lower] && len(pairs) > 0:
				attributes += "; " + part
				sameSite = sameSite || lower == "samesite"
				path = path || lower == "path"
			case !hasValue:
				return nil, fmt.Errorf("--cookie %q has no value; write %s=VALUE", value, name)
			default:
				pairs = append(pairs, part)
			}
		}
		if len(pairs) == 0 {
			return nil, fmt.Errorf("--cookie %q has no cookie; write NAME=VALUE", value)
		}
		if !sameSite && secure {
			attributes += "; SameSite=None; Secure"
		}
		if !path {
			attributes += "; Path=/"
		}
		for _, pair := range pairs {
			if len(pair) > maxCookie {
				name, _, _ := strings.Cut(pair, "=")
				return nil, fmt.Errorf("--cookie %s=… has %d bytes; browsers keep none of more than %d", name, len(pair), maxCookie)
			}
			line := pair + attributes
			if _, err := cookie.Parse(line); err != nil {
				return nil, fmt.Errorf("--cookie %q: %w", value, err)
			}
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// unsentCookies notes why the cookies that were given did not go along.
func (s *checkSession) unsentCookies(v *report.Verdict) []string {
	if len(s.cookies) == 0 || len(v.Outcome.Wire) == 0 {
		return nil
	}
	actual, credentialed := false, false
	for i := range v.Outcome.Wire {
		if v.HasCookie(i) {
			return nil
		}
		actual = actual || v.Outcome.Wire[i].Kind == fetch.KindActual
		credentialed = credentialed || v.Outcome.Wire[i].Credentials
	}
	switch {
	case !actual:
		return nil
	case !credentialed:
		return []string{fmt.Sprintf("no cookie is sent, for credentials %q; --credentials include sends them", v.Request.Credentials)}
	}
	return []string{"no cookie is sent: " + report.BrowserName(v.Profile) + " gives this request none, by SameSite, Secure or its rules for third parties"}
}
