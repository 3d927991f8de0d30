package record

import (
	"net/url"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// mask keeps enough of a secret to recognise it: at most a quarter of it, and
// at most six letters and digits. An empty secret stays empty.
func mask(secret string) string {
	if secret == "" {
		return ""
	}
	most := min(6, len(secret)/4)
	keep := strings.IndexFunc(secret[:most], func(r rune) bool { return !isPlain(r) })
	if keep < 0 {
		keep = most
	}
	return secret[:keep] + mark
}

// isPlain reports whether a character has no special meaning, even in URLs.
func isPlain(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_'
}

// maskHeader masks the secrets in the value of a header. base is the URL of the
// request, or nil if it cannot be parsed.
func maskHeader(name, value string, base *weburl.URL) string {
	switch name = strings.ToLower(name); name {
	case "authorization", "proxy-authorization":
		return maskCredentials(value)
	case "cookie":
		return maskCookies(value)
	case "set-cookie":
		cookie, attributes, _ := strings.Cut(value, ";")
		return maskCookies(cookie) + value[len(cookie):len(value)-len(attributes)] + attributes
	case "location", "content-location", "referer":
		return maskURL(value, base)
	case "refresh", "link", "x-forwarded-uri", "x-original-uri", "x-original-url", "x-rewrite-url":
		return maskParameters(value)
	}
	if isSecretHeader(name) {
		return mask(value)
	}
	return value
}

// maskCredentials keeps only the scheme of credentials (RFC 9110 §11.4).
func maskCredentials(value string) string {
	scheme, rest, ok := strings.Cut(value, " ")
	if !ok || len(scheme) > 16 || strings.IndexFunc(scheme, func(r rune) bool { return !isPlain(r) }) >= 0 {
		return mask(value)
	}
	return scheme + " " + mask(strings.TrimLeft(rest, " "))
}

// maskCookies keeps the names of cookies. A cookie without "=" has no name.
func maskCookies(value string) string {
	cookies := strings.Split(value, ";")
	for i, c := range cookies {
		blank := len(c) - len(strings.TrimLeft(c, " \t"))
		name, secret, named := strings.Cut(c[blank:], "=")
		if !named {
			cookies[i] = c[:blank] + mask(name)
			continue
		}
		cookies[i] = c[:blank] + name + "=" + mask(secret)
	}
	return strings.Join(cookies, ";")
}

// A header or parameter is secret if a part of its name is in secretParts, as
// in X-Auth-Token, or ends with one of secretWords, as csrftoken does.
var (
	secretWords = []string{"token", "secret", "password", "passwd", "apikey", "signature", "credential", "jwt"}
	secretParts = []string{"auth", "authorization", "key", "session", "sessionid", "sid", "sig", "pwd"}
)

// isSecretName reports whether the value of a header or parameter is secret.
// name is in lower case. In doubt, it is: no decision of CORS depends on it.
func isSecretName(name string) bool {
	for part := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '-' || r == '_' || r == '.' }) {
		if slices.Contains(secretParts, part) ||
			slices.ContainsFunc(secretWords, func(word string) bool { return strings.HasSuffix(part, word) }) {
			return true
		}
	}
	return false
}

// isSecretHeader is isSecretName for headers. Headers of CORS, and those in
// which browsers say who makes the request, are never secret.
func isSecretHeader(name string) bool {
	return !strings.HasPrefix(name, "access-control-") && !strings.HasPrefix(name, "sec-") && isSecretName(name)
}

// maskURL masks the credentials and secret parameters of a URL, which may be
// relative to base. To a browser's parser the URL stays the same: it has the
// same host and path, and a user and password if it had them before.
func maskURL(raw string, base *weburl.URL) string {
	raw = maskParameters(raw)
	if !strings.Contains(raw, "@") {
		return raw
	}
	u, err := weburl.Parse(raw, base)
	if err != nil {
		return maskUser(raw)
	}
	if !u.HasCredentials() {
		return raw
	}
	u.Username, u.Password = mask(u.Username), mask(u.Password)
	return u.String()
}

// maskUser masks everything before the host, in URLs that parsers refuse.
func maskUser(raw string) string {
	start := 0
	if colon := strings.IndexByte(raw, ':'); colon > 0 && strings.IndexFunc(raw[:colon], isNotScheme) < 0 {
		start = colon + 1
	}
	start += len(raw[start:]) - len(strings.TrimLeft(raw[start:], `/\`))
	end := start + len(raw[start:])
	if i := strings.IndexAny(raw[start:], `/\?#`); i >= 0 {
		end = start + i
	}
	if at := strings.LastIndexByte(raw[start:end], '@'); at >= 0 {
		return raw[:start] + mark + raw[start+at:]
	}
	return raw
}

func isNotScheme(r rune) bool { return !isPlain(r) && r != '+' && r != '.' || r == '_' }

// maskParameters masks secret parameters in the query of a URL and in its
// fragment, where OAuth puts them too.
func maskParameters(raw string) string {
	start := strings.IndexAny(raw, "?#")
	if start < 0 {
		return raw
	}
	var b strings.Builder
	b.WriteString(raw[:start])
	for rest := raw[start:]; rest != ""; {
		end := strings.IndexAny(rest[1:], "?#&;") + 1
		if end == 0 {
			end = len(rest)
		}
		name, value, ok := strings.Cut(rest[1:end], "=")
		b.WriteString(rest[:1] + name)
		if ok && isSecretParameter(name) {
			value = mask(value)
		}
		if ok {
			b.WriteString("=" + value)
		}
		rest = rest[end:]
	}
	return b.String()
}

// isSecretParameter is isSecretName for parameters as URL parsers and servers
// read them: decoded, and without tabs and newlines.
func isSecretParameter(name string) bool {
	name = blanks.Replace(name)
	if decoded, err := url.QueryUnescape(name); err == nil {
		name = decoded
	}
	name = strings.ToLower(name)
	return name == "code" || name == "pass" || isSecretName(name)
}

var blanks = strings.NewReplacer("\t", "", "\n", "", "\r", "")
