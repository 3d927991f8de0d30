package rewrite

import "strings"

// disguise is put before the name of a cookie whose prefix demands https.
const disguise = "corsac"

// prefixes begin the names of cookies that browsers accept only with Secure (RFC
// 6265bis §4.1.3), which they compare ignoring case.
var prefixes = []string{"__secure-", "__host-", "__http-"}

func hasPrefix(name, prefix string) bool {
	return len(name) >= len(prefix) && strings.EqualFold(name[:len(prefix)], prefix)
}

func demandsHTTPS(name string) bool {
	for _, prefix := range prefixes {
		if hasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// SetCookie translates the value of a Set-Cookie header, so that browsers accept
// the cookie in front of the proxy and send it back with the same requests. It also
// returns why the value is different, one sentence per reason.
func (m Mapping) SetCookie(line string) (string, []string) {
	pair, attributes, more := strings.Cut(line, ";")
	var why []string
	name, _, named := strings.Cut(pair, "=")
	name = strings.Trim(name, " \t")
	if named && !m.Front.secure() && demandsHTTPS(name) {
		pair = strings.Replace(pair, name, disguise+name, 1)
		why = append(why, "browsers accept the prefix of its name only over https")
	}
	if !more {
		return pair, why
	}
	attributes, reasons := eachAttribute(attributes, func(text string) (string, string) {
		return m.attribute(text, hasPrefix(name, "__host-"))
	})
	return pair + attributes, append(why, reasons...)
}

// eachAttribute translates the attributes of a cookie, each of which it returns with a
// semicolon before it. One that becomes "" for a reason is removed.
func eachAttribute(attributes string, translate func(text string) (changed, why string)) (all string, why []string) {
	var kept strings.Builder
	for attribute := range strings.SplitSeq(attributes, ";") {
		changed, reason := translate(attribute)
		if reason != "" {
			why = append(why, reason)
		}
		if reason == "" || changed != "" {
			kept.WriteString(";" + changed)
		}
	}
	return kept.String(), why
}

// attribute translates one attribute of a cookie. It returns "" and the reason if
// the cookie must not have it.
func (m Mapping) attribute(text string, hostOnly bool) (changed, why string) {
	name, value, _ := strings.Cut(text, "=")
	name, value = strings.Trim(name, " \t"), strings.Trim(value, " \t")
	switch {
	case strings.EqualFold(name, "domain") && value != "":
		return "", "its Domain is not the host at which the browser reaches corsac"
	case strings.EqualFold(name, "path") && !(hostOnly && m.Front.secure()):
		if path := m.cookiePath(value); path != value {
			return strings.Replace(text, value, path, 1), "the browser sees other paths than the server"
		}
	case m.Front.secure():
	case strings.EqualFold(name, "secure"):
		return "", "not all browsers accept Secure over http"
	case strings.EqualFold(name, "samesite") && strings.EqualFold(value, "none"):
		return strings.Replace(text, value, "Lax", 1), "browsers accept SameSite=None only with Secure"
	case strings.EqualFold(name, "partitioned"):
		return "", "browsers accept Partitioned only with Secure"
	}
	return text, ""
}

// cookiePath translates the Path of a cookie, but for "/": the page reads such a
// cookie, too, as it would on one origin.
func (m Mapping) cookiePath(path string) string {
	if strings.Trim(path, "/") == "" {
		return path
	}
	return m.scopedPath(path)
}

// scopedPath translates the Path of a cookie. What is not an absolute path counts as
// no Path, on both sides.
func (m Mapping) scopedPath(path string) string {
	if !strings.HasPrefix(path, "/") {
		return path
	}
	bare := strings.TrimRight(path, "/")
	if below, ok := strings.CutPrefix(m.Upstream.Path, bare); ok && (below == "" || below[0] == '/') {
		return max(m.Front.Path, "/") // it covers the whole route
	}
	if moved, ok := m.Upstream.move(path, m.Front); ok {
		return moved
	}
	return path
}

// cookies translates the value of a Cookie header back.
func (m Mapping) cookies(value string) string {
	if m.Front.secure() || !strings.Contains(value, disguise+"__") { // over https, nothing is disguised
		return value
	}
	cookies := strings.Split(value, ";")
	for i, c := range cookies {
		name, _, _ := strings.Cut(c, "=")
		name = strings.Trim(name, " \t")
		if own, ok := strings.CutPrefix(name, disguise); ok && demandsHTTPS(own) {
			cookies[i] = strings.Replace(c, name, own, 1)
		}
	}
	return strings.Join(cookies, ";")
}
