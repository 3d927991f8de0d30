package record

import (
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/har"
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
	case "sec-websocket-protocol":
		return maskProtocols(value)
	case "location", "content-location", "referer":
		return maskURL(value, base)
	case "refresh", "link", "x-forwarded-uri", "x-original-uri", "x-original-url", "x-rewrite-url":
		return maskParameters(value)
	}
	if har.IsSecretHeader(name) {
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

// maskProtocols masks each name in a list of subprotocols. Pages put tokens
// there, because they cannot set other headers of a WebSocket.
func maskProtocols(list string) string {
	protocols := strings.Split(list, ",")
	for i, p := range protocols {
		name := strings.TrimLeft(p, " \t")
		protocols[i] = p[:len(p)-len(name)] + mask(name)
	}
	return strings.Join(protocols, ",")
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

// isSecretParameter is har.IsSecretName for parameters as URL parsers and
// servers read them: decoded, and without tabs and newlines.
func isSecretParameter(name string) bool {
	name = strings.ToLower(unescape(blanks.Replace(name)))
	return name == "code" || name == "pass" || har.IsSecretName(name)
}

var blanks = strings.NewReplacer("\t", "", "\n", "", "\r", "")

// unescape decodes the valid percent-escapes of s and keeps the others, as many
// servers do (URL Standard §1.3, "percent-decode").
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				b.WriteByte(byte(c))
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
