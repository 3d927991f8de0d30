// Package mask hides secrets in what corsac prints and saves.
//
//   - There is one list of names: of headers ([Header]) and of parameters
//     ([URL]). [Verdict] masks a whole verdict. [Text] finds passwords in URLs in
//     any text; everything that the program prints passes through it.
//   - A few characters of a secret remain to recognise it.
//   - No decision of the CORS protocol depends on what is masked.
package mask

import (
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// Mark ends whatever is masked. It is ASCII, because headers are bytes and URLs
// are ASCII.
const Mark = "..."

// secret keeps enough of a secret to recognise it: at most a quarter of it, and
// at most six letters and digits. An empty secret stays empty.
func secret(s string) string {
	if s == "" {
		return ""
	}
	most := min(6, len(s)/4)
	keep := strings.IndexFunc(s[:most], func(r rune) bool { return !isPlain(r) })
	if keep < 0 {
		keep = most
	}
	return s[:keep] + Mark
}

// isPlain reports whether a character has no special meaning, even in URLs.
func isPlain(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r == '-' || r == '_'
}

// Header masks the secrets in the value of a header, whose name may be in upper
// or lower case. base is the URL of the request, or nil if it cannot be parsed.
func Header(name, value string, base *weburl.URL) string {
	hide, known := common[name]
	if !known {
		hide = hiding(strings.ToLower(name))
	}
	return hide(value, base)
}

// common has the headers of most messages, as net/http writes them, so that little
// is left to do for each.
var common = hidings(
	"Accept", "Accept-Encoding", "Accept-Language", "Cache-Control", "Connection", "Content-Encoding", "Content-Length", "Content-Type", "Cookie",
	"Date", "Etag", "Host", "If-Modified-Since", "If-None-Match", "Last-Modified", "Location", "Origin", "Referer", "Sec-Ch-Ua", "Sec-Ch-Ua-Mobile",
	"Sec-Ch-Ua-Platform", "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Server", "Set-Cookie", "Transfer-Encoding", "User-Agent", "Vary",
)

func hidings(names ...string) map[string]func(value string, base *weburl.URL) string {
	all := map[string]func(value string, base *weburl.URL) string{}
	for _, name := range names {
		all[name] = hiding(strings.ToLower(name))
	}
	return all
}

// hiding returns what masks the values of a header, whose name is in lower case.
func hiding(name string) func(value string, base *weburl.URL) string {
	if isDecisive(name) {
		return func(value string, _ *weburl.URL) string { return value }
	}
	switch name {
	case "authorization", "proxy-authorization":
		return plainly(credentials)
	case "cookie", "cookie2":
		return plainly(cookies)
	case "set-cookie", "set-cookie2":
		return plainly(setCookie)
	case "sec-websocket-protocol":
		return plainly(protocols)
	case "location", "content-location", "referer":
		return URL
	}
	if IsSecretHeader(name) {
		return plainly(secret)
	}
	// Any header may have a URL, as HX-Current-URL does.
	return plainly(func(value string) string { return nested(parameters(value, 0), 0) })
}

// plainly returns what masks values that are not relative to a URL.
func plainly(hide func(string) string) func(value string, base *weburl.URL) string {
	return func(value string, _ *weburl.URL) string { return hide(value) }
}

// credentials keeps only the scheme of credentials (RFC 9110 §11.4), if it is a
// known one.
func credentials(value string) string {
	scheme, rest, ok := strings.Cut(value, " ")
	if !ok || !slices.Contains(schemes, strings.ToLower(scheme)) {
		return secret(value)
	}
	return scheme + " " + secret(strings.TrimLeft(rest, " "))
}

// cookies keeps the names of cookies. A cookie without "=" has no name.
func cookies(value string) string {
	list := strings.Split(value, ";")
	for i, c := range list {
		list[i] = pair(c, func(_, value string) string { return secret(value) })
	}
	return strings.Join(list, ";")
}

// pair masks the value of NAME=VALUE after blanks, or all of it if it has no
// name.
func pair(s string, masked func(name, value string) string) string {
	blank := len(s) - len(strings.TrimLeft(s, " \t"))
	name, value, named := strings.Cut(s[blank:], "=")
	if !named {
		return s[:blank] + masked("", name)
	}
	return s[:blank] + name + "=" + masked(name, value)
}

// setCookie masks a cookie, and its attributes where they have anything but
// what such an attribute is for.
func setCookie(value string) string {
	cookie, attributes, more := strings.Cut(value, ";")
	cookie = cookies(cookie)
	if !more {
		return cookie
	}
	list := strings.Split(attributes, ";")
	for i, a := range list {
		list[i] = pair(a, attribute)
	}
	return cookie + ";" + strings.Join(list, ";")
}

// attribute masks the value of an attribute of a cookie.
func attribute(name, value string) string {
	trimmed := strings.Trim(value, " \t")
	fine := false
	switch strings.ToLower(strings.Trim(name, " \t")) {
	case "path":
		return URL(value, nil)
	case "domain":
		fine = !strings.ContainsFunc(trimmed, func(r rune) bool { return !isPlain(r) && !strings.ContainsRune(".:[]", r) })
	case "max-age":
		_, err := strconv.ParseInt(trimmed, 10, 64)
		fine = err == nil
	case "expires":
		fine = len(trimmed) <= 40 && strings.Contains(trimmed, ":")
	case "samesite":
		fine = isOneOf(trimmed, "strict", "lax", "none")
	case "priority":
		fine = isOneOf(trimmed, "low", "medium", "high")
	case "": // a flag
		fine = isOneOf(trimmed, "", "secure", "httponly", "partitioned")
	}
	if fine {
		return value
	}
	return secret(value)
}

func isOneOf(s string, words ...string) bool { return slices.Contains(words, strings.ToLower(s)) }

// protocols masks each name in a list of subprotocols. Pages put tokens there,
// because they cannot set other headers of a WebSocket.
func protocols(list string) string {
	names := strings.Split(list, ",")
	for i, p := range names {
		name := strings.TrimLeft(p, " \t")
		names[i] = p[:len(p)-len(name)] + secret(name)
	}
	return strings.Join(names, ",")
}
