package check

import (
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
	"github.com/corsac-dev/corsac/internal/cookie"
)

// cookieAttributes are the names in Set-Cookie that are not cookies.
var cookieAttributes = map[string]bool{
	"domain": true, "path": true, "secure": true, "httponly": true, "samesite": true, "partitioned": true, "max-age": true, "expires": true,
}

// maxCookie is the greatest length of a cookie (RFC 6265bis §5.6).
const maxCookie = 4096

// ParseCookies returns the Set-Cookie lines for cookies as people write them:
// as in a Cookie header, with attributes that apply to all cookies of the
// value. A cookie without SameSite gets SameSite=None and Secure, so pages of
// other sites send it too, because that is what it is for. secure says whether
// the server can have such cookies.
func ParseCookies(values []string, secure bool) (lines []string, err error) {
	for _, value := range values {
		more, err := parseCookie(value, secure)
		if err != nil {
			return nil, err
		}
		lines = append(lines, more...)
	}
	return lines, nil
}

func parseCookie(value string, secure bool) (lines []string, err error) {
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
			return nil, fmt.Errorf("cookie %q has no value; write %s=VALUE", value, name)
		default:
			pairs = append(pairs, part)
		}
	}
	if len(pairs) == 0 {
		return nil, fmt.Errorf("cookie %q has only attributes; write NAME=VALUE first", value)
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
			return nil, fmt.Errorf("cookie %s=… has %d bytes; browsers keep at most %d", name, len(pair), maxCookie)
		}
		line := pair + attributes
		if _, err := cookie.Parse(line); err != nil {
			return nil, fmt.Errorf("cookie %q: %w", value, err)
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// unsentCookies returns notes on why the given cookies were not sent.
func (s *Session) unsentCookies(o *fetch.Outcome, records []probe.Record) []string {
	if len(s.Case.Cookies) == 0 {
		return nil
	}
	actual, credentialed := false, false
	for i := range o.Wire {
		if i < len(records) && records[i].Sent.Has("Cookie") {
			return nil
		}
		actual = actual || o.Wire[i].Kind == fetch.KindActual
		credentialed = credentialed || o.Wire[i].Credentials
	}
	switch {
	case !actual:
		return nil
	case !credentialed:
		return []string{fmt.Sprintf("no cookies are sent with credentials %q; use --credentials include to send them", o.Request.Credentials)}
	}
	return []string{"no cookies are sent: " + verdict.BrowserName(o.Profile.String()) + " sends none with this request, because of SameSite, Secure or its rules for third parties"}
}
