package fetch

import (
	"slices"
	"strconv"
	"strings"
)

// Bounds of safelisted header values
// (https://fetch.spec.whatwg.org/#cors-safelisted-request-header).
const (
	maxSafelistedValue = 128
	maxSafelistedSum   = 1024
)

// isSafelistedMethod reports whether m needs no preflight
// (https://fetch.spec.whatwg.org/#cors-safelisted-method).
func isSafelistedMethod(m string) bool { return m == "GET" || m == "HEAD" || m == "POST" }

// isForbiddenMethod reports whether script cannot use m
// (https://fetch.spec.whatwg.org/#forbidden-method).
func isForbiddenMethod(m string) bool {
	return equalFold(m, "CONNECT") || equalFold(m, "TRACE") || equalFold(m, "TRACK")
}

// normalizeMethod returns m in upper case if it is one of six common methods
// (https://fetch.spec.whatwg.org/#concept-method-normalize). PATCH is not one
// of them.
func normalizeMethod(m string) string {
	for _, known := range [...]string{"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"} {
		if equalFold(m, known) {
			return known
		}
	}
	return m
}

// isForbiddenHeader reports whether script cannot set a header
// (https://fetch.spec.whatwg.org/#forbidden-request-header). name is in lower
// case.
func (r *rules) isForbiddenHeader(name, value string) bool {
	switch name {
	case "accept-charset", "accept-encoding", "access-control-request-headers", "access-control-request-method",
		"connection", "content-length", "cookie", "cookie2", "date", "dnt", "expect", "host", "keep-alive", "origin",
		"referer", "set-cookie", "te", "trailer", "transfer-encoding", "upgrade", "via":
		return true
	case "user-agent":
		return r.userAgentForbidden
	case "x-http-method", "x-http-method-override", "x-method-override":
		for part := range strings.SplitSeq(value, ",") {
			if isForbiddenMethod(trimOWS(part)) {
				return true
			}
		}
		return false
	}
	return strings.HasPrefix(name, "proxy-") || strings.HasPrefix(name, "sec-")
}

// isUnsafeByte reports whether c is a CORS-unsafe request-header byte
// (https://fetch.spec.whatwg.org/#cors-unsafe-request-header-byte).
func isUnsafeByte(c byte) bool {
	return c < 0x20 && c != '\t' || c == 0x7f || c < 0x80 && strings.IndexByte("\"():<>?@[\\]{}", c) >= 0
}

func (r *rules) hasUnsafeByte(v string) bool {
	for i := range len(v) {
		if isUnsafeByte(v[i]) || r.highBytesUnsafe && v[i] >= 0x80 {
			return true
		}
	}
	return false
}

func isLanguageValue(v string) bool {
	for i := range len(v) {
		c := v[i]
		if !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || strings.IndexByte(" *,-.;=", c) >= 0) {
			return false
		}
	}
	return true
}

// isSafelistedHeader reports whether a header needs no preflight
// (https://fetch.spec.whatwg.org/#cors-safelisted-request-header). name is in
// lower case.
func (r *rules) isSafelistedHeader(name, value string) bool {
	if len(value) > maxSafelistedValue {
		return false
	}
	switch name {
	case "accept":
		return !r.hasUnsafeByte(value)
	case "accept-language", "content-language":
		return isLanguageValue(value)
	case "content-type":
		return !r.hasUnsafeByte(value) && r.isSafelistedContentType(value)
	case "range":
		return r.isSimpleRange(value)
	}
	return r.clientHints && isClientHint(name, value)
}

// isNoCORSSafelisted reports whether a header is allowed in no-cors mode
// (https://fetch.spec.whatwg.org/#no-cors-safelisted-request-header). name is
// in lower case.
func (r *rules) isNoCORSSafelisted(name, value string) bool {
	switch name {
	case "accept", "accept-language", "content-language", "content-type":
		return r.isSafelistedHeader(name, value)
	}
	return false
}

func (r *rules) isSafelistedContentType(v string) bool {
	if r.strictContentType && !hasPlainParameters(v) {
		return false
	}
	switch essence, _ := mimeEssence(v); essence {
	case "application/x-www-form-urlencoded", "multipart/form-data", "text/plain":
		return true
	}
	return false
}

// mimeEssence returns the essence of a MIME type, in lower case
// (https://mimesniff.spec.whatwg.org/#parsing-a-mime-type). It ignores
// parameters, since malformed ones do not make parsing fail.
func mimeEssence(v string) (string, bool) {
	v = trimHTTPSpace(v)
	typ, rest, ok := strings.Cut(v, "/")
	if !ok || !isToken(typ) {
		return "", false
	}
	sub, _, _ := strings.Cut(rest, ";")
	for sub != "" && isHTTPSpace(sub[len(sub)-1]) {
		sub = sub[:len(sub)-1]
	}
	if !isToken(sub) {
		return "", false
	}
	return lower(v[:len(typ)+1+len(sub)]), true
}

// hasPlainParameters reports whether Firefox's stricter parser accepts a
// Content-Type: without commas, and with something between any two semicolons.
func hasPlainParameters(v string) bool {
	if strings.Contains(v, ",") {
		return false
	}
	parts := strings.Split(v, ";")
	for i, part := range parts {
		if i > 0 && i < len(parts)-1 && part == "" {
			return false
		}
	}
	return true
}

// isSimpleRange reports whether v is a simple range header value with a first
// position (https://fetch.spec.whatwg.org/#simple-range-header-value). White
// space is not allowed.
func (r *rules) isSimpleRange(v string) bool {
	rest, ok := strings.CutPrefix(v, "bytes=")
	if !ok {
		return false
	}
	first, last, ok := strings.Cut(rest, "-")
	if !ok || first == "" || !isDigits(first) || !isDigits(last) {
		return false
	}
	if r.rangeBits > 0 && (!fits(first, r.rangeBits) || !fits(last, r.rangeBits)) {
		return false
	}
	return last == "" || compareDigits(first, last) <= 0
}

// fits reports whether a decimal number is less than the greatest number of
// that many bits, which browsers use for "none". The empty string fits.
func fits(digits string, bits int) bool {
	if digits == "" {
		return true
	}
	n, err := strconv.ParseUint(digits, 10, bits)
	return err == nil && n != 1<<bits-1
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// compareDigits compares two decimal numbers of any length.
func compareDigits(a, b string) int {
	a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// isClientHint reports whether a header is a well-formed client hint. Chromium
// safelists them; the standard does not.
func isClientHint(name, value string) bool {
	switch name {
	case "dpr", "device-memory", "downlink":
		whole, frac, dot := strings.Cut(value, ".")
		return whole != "" && isDigits(whole) && isDigits(frac) && (!dot || frac != "")
	case "width", "viewport-width", "rtt":
		return value != "" && isDigits(value)
	case "save-data":
		return equalFold(value, "on")
	case "ect":
		return value == "slow-2g" || value == "2g" || value == "3g" || value == "4g"
	case "intervention":
		return true
	}
	return false
}

// unsafeHeaderNames returns the CORS-unsafe request-header names
// (https://fetch.spec.whatwg.org/#cors-unsafe-request-header-names), in lower
// case, sorted and, except in Firefox, without duplicates.
func (r *rules) unsafeHeaderNames(list []header) []string {
	var names []string
	sum := 0
	for i := range list {
		h := &list[i]
		if r.isSafelistedHeader(h.lower, h.Value) {
			sum += len(h.Value)
			continue
		}
		if names == nil {
			names = make([]string, 0, len(list))
		}
		names = append(names, h.lower)
	}
	if sum > maxSafelistedSum {
		names = names[:0]
		for i := range list {
			names = append(names, list[i].lower)
		}
	}
	slices.Sort(names)
	if r.repeatUnsafeNames {
		return names
	}
	out := names[:0]
	for i, n := range names {
		if i == 0 || n != names[i-1] {
			out = append(out, n)
		}
	}
	return out
}
