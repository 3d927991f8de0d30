package origin

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/corsac-dev/corsac/internal/weburl"
)

// Code is the kind of mistake that an [Error] reports. Codes are stable.
type Code string

// The codes of an [*Error].
const (
	CodeEmpty         Code = "empty"          // the empty string
	CodeTooLong       Code = "too-long"       // longer than MaxLen
	CodeList          Code = "list"           // several origins, joined by commas
	CodeSpace         Code = "space"          // white space anywhere
	CodeNull          Code = "null"           // the opaque origin, in a pattern
	CodeMissingScheme Code = "missing-scheme" // no "://"
	CodeScheme        Code = "scheme"         // a malformed scheme
	CodeFile          Code = "file-scheme"    // file:, whose origin is opaque
	CodeUpperCase     Code = "upper-case"     // upper case in scheme or domain
	CodeUnicode       Code = "unicode-host"   // a host with non-ASCII characters
	CodeUserinfo      Code = "userinfo"       // a user name or password
	CodeTrailingSlash Code = "trailing-slash" // a slash at the end
	CodePath          Code = "path"           // a path
	CodeQuery         Code = "query"          // a query
	CodeFragment      Code = "fragment"       // a fragment
	CodeDefaultPort   Code = "default-port"   // the default port of the scheme
	CodePortZero      Code = "port-zero"      // port 0, which no page can have
	CodePort          Code = "port"           // not a port, or with leading zeros
	CodeIPv4          Code = "ipv4"           // an IPv4 address not in canonical form
	CodeIPv6          Code = "ipv6"           // an IPv6 address not in canonical form
	CodeWildcard      Code = "wildcard"       // a * in the wrong place
	CodeHost          Code = "host"           // neither a domain nor an IP address
)

var reasons = map[Code]string{
	CodeEmpty:         "it is empty",
	CodeTooLong:       fmt.Sprintf("it is longer than %d bytes", MaxLen),
	CodeList:          "it is a list; write each origin as a separate entry",
	CodeSpace:         "it contains white space",
	CodeNull:          "every sandboxed frame and local file has the origin null",
	CodeMissingScheme: "it has no scheme",
	CodeScheme:        "its scheme is malformed",
	CodeFile:          "pages from files have the origin null; serve them over http",
	CodeUpperCase:     "browsers send origins in lower case",
	CodeUnicode:       "browsers send hosts in Punycode",
	CodeUserinfo:      "an origin has no user name or password",
	CodeTrailingSlash: "an origin has no slash at its end",
	CodePath:          "an origin has no path",
	CodeQuery:         "an origin has no query",
	CodeFragment:      "an origin has no fragment",
	CodeDefaultPort:   "browsers leave out the default port",
	CodePortZero:      "no page has port 0",
	CodePort:          "the port must be a number from 1 to 65535 without leading zeros",
	CodeIPv4:          "browsers send IPv4 addresses as four decimal numbers",
	CodeIPv6:          "browsers send IPv6 addresses compressed and in lower case",
	CodeWildcard:      "a * may only stand for the leftmost labels of a domain (https://*.example.com) or for the port (http://localhost:*)",
	CodeHost:          "its host is neither a domain name nor an IP address",
}

// Error says why a string is not an origin, not a pattern, or not a URL. All
// errors of this package are of this type.
type Error struct {
	Input   string // as given
	Code    Code
	pattern bool
	cause   error
}

// Error returns the input, what is wrong with it and, if that is apparent, what
// to write instead.
func (e *Error) Error() string {
	const longest = 100
	what, input := "an origin", e.Input
	if e.pattern {
		what = "an origin or pattern"
	}
	if len(input) > longest {
		input = input[:longest] + "…"
	}
	msg := fmt.Sprintf("%q is not %s: %s", input, what, e.Reason())
	if s := e.Suggestion(); s != "" {
		msg += fmt.Sprintf("; write %q", s)
	}
	return msg
}

// Unwrap returns the error of the URL parser, if that is the cause, or nil.
func (e *Error) Unwrap() error { return e.cause }

// Reason returns a few words on what is wrong.
func (e *Error) Reason() string {
	if e.Code == CodeNull && !e.pattern {
		return `the opaque origin is written "null", in lower case`
	}
	return reasons[e.Code]
}

// Suggestion returns the origin or pattern that the input most likely means, or
// "" if that is not apparent.
func (e *Error) Suggestion() string {
	if e.Code == CodeTooLong || e.Code == CodeFile {
		return ""
	}
	if e.Code == CodeNull {
		if e.pattern {
			return ""
		}
		return "null"
	}
	s := strings.TrimSpace(e.Input)
	if e.Code == CodeMissingScheme {
		s = guessScheme(s) + strings.TrimLeft(s, ":/")
	}
	s, restore := hideWildcards(s, e.pattern)
	o, err := ParseURL(s)
	if err != nil || o.IsOpaque() {
		return ""
	}
	fixed := restore(o.String())
	if fixed == e.Input || !e.accepts(fixed) {
		return ""
	}
	return fixed
}

func (e *Error) accepts(s string) bool {
	if e.pattern {
		_, err := ParsePattern(s)
		return err == nil
	}
	_, err := Parse(s)
	return err == nil
}

// guessScheme returns the scheme that s, written without one, most likely
// means.
func guessScheme(s string) string {
	if o, err := ParseURL("https://" + strings.TrimSuffix(s, ":*")); err == nil && o.AddressSpace() > SpacePublic {
		return "http://"
	}
	return "https://"
}

// hideWildcards replaces the wildcards in a pattern with what a URL may
// contain. It returns a function that puts them back.
func hideWildcards(s string, pattern bool) (string, func(string) string) {
	const label = "corsac-any-label."
	if !pattern {
		return s, func(s string) string { return s }
	}
	trimmed := strings.TrimSuffix(s, "/")
	withoutPort := strings.TrimSuffix(trimmed, ":*")
	anyPort := len(withoutPort) != len(trimmed)
	hidden := strings.Replace(withoutPort, "://*.", "://"+label, 1)
	return hidden, func(s string) string {
		s = strings.Replace(s, "://"+label, "://*.", 1)
		if anyPort {
			s += ":*"
		}
		return s
	}
}

// diagnose returns what is wrong with s, which [Parse] refuses.
func diagnose(s string) *Error { return &Error{Input: s, Code: codeOf(s, false)} }

// diagnosePattern returns what is wrong with s, which [ParsePattern] refuses.
func diagnosePattern(s string) *Error {
	return &Error{Input: s, Code: codeOf(s, true), pattern: true}
}

// diagnoseURL returns what is wrong with s, which is not a URL.
func diagnoseURL(s string, cause error) *Error {
	code := codeOf(s, false)
	if code == CodeUpperCase || code == CodeUnicode || code == CodeUserinfo { // fine in URLs
		code = CodeHost
	}
	return &Error{Input: s, Code: code, cause: cause}
}

// codeOf returns the code of the first mistake in s. The most informative ones
// come first.
func codeOf(s string, pattern bool) Code {
	scheme, rest, hasScheme := strings.Cut(s, "://")
	switch {
	case s == "":
		return CodeEmpty
	case len(s) > MaxLen:
		return CodeTooLong
	case strings.Contains(s, ","):
		return CodeList
	case strings.ContainsFunc(s, unicode.IsSpace):
		return CodeSpace
	case strings.EqualFold(s, "null"):
		return CodeNull
	case strings.HasPrefix(strings.ToLower(s), "file:"):
		return CodeFile
	case !hasScheme:
		return codeOfMissingScheme(s)
	}
	lower := strings.ToLower(scheme)
	if lower == "" || schemeLen(lower+":") != len(lower) {
		if strings.Contains(scheme, "*") {
			return CodeWildcard
		}
		return CodeScheme
	}
	end := strings.IndexAny(rest, `/?#\`)
	if end < 0 {
		end = len(rest)
	}
	if c := codeOfAuthority(lower, rest[:end], pattern); c != "" {
		return c
	}
	if scheme != lower {
		return CodeUpperCase
	}
	return codeOfTail(rest[end:])
}

func codeOfMissingScheme(s string) Code {
	withoutPort := strings.TrimSuffix(s, ":*")
	if strings.Contains(withoutPort, "*") && !strings.Contains(s, ".") {
		return CodeWildcard // such as h*
	}
	return CodeMissingScheme
}

func codeOfTail(tail string) Code {
	switch {
	case tail == "":
		return CodeHost // nothing more specific was found
	case tail == "/":
		return CodeTrailingSlash
	case tail[0] == '?':
		return CodeQuery
	case tail[0] == '#':
		return CodeFragment
	default:
		return CodePath
	}
}

// codeOfAuthority returns the code of the mistake between "://" and the path,
// or "".
func codeOfAuthority(scheme, authority string, pattern bool) Code {
	if strings.Contains(authority, "@") {
		return CodeUserinfo
	}
	if !pattern && strings.Contains(authority, "*") {
		return CodeWildcard
	}
	host, port := authority, ""
	if i := strings.LastIndexByte(authority, ':'); i > strings.LastIndexByte(authority, ']') {
		host, port = authority[:i], authority[i:]
	}
	if port == ":*" {
		port = ""
	}
	base, subdomains := strings.CutPrefix(host, "*.")
	if subdomains && (base == "" || base[0] == '[' || isIPv4(base)) {
		return CodeWildcard
	}
	if c := codeOfHost(scheme, base); c != "" {
		return c
	}
	return codeOfPort(scheme, port)
}

func codeOfHost(scheme, host string) Code {
	special := weburl.IsSpecial(scheme)
	switch n := hostLen(host, special); {
	case n > 0 && n == len(host) && validPunycode(scheme, host):
		return ""
	case strings.Contains(host, "*"):
		return CodeWildcard
	case strings.HasPrefix(host, "["):
		return CodeIPv6
	case strings.ContainsFunc(host, func(r rune) bool { return r > unicode.MaxASCII }):
		return CodeUnicode
	case special && strings.ToLower(host) != host:
		return CodeUpperCase
	}
	labels := strings.Split(strings.TrimSuffix(host, "."), ".")
	if last := labels[len(labels)-1]; special && last != "" && isNumber(last) {
		return CodeIPv4
	}
	return CodeHost
}

// codeOfPort returns the code of the mistake in port, or "". Unless it is
// empty, port begins with a colon.
func codeOfPort(scheme, port string) Code {
	if port == "" || isPort(port[1:], scheme) {
		return ""
	}
	switch {
	case strings.Contains(port, "*"):
		return CodeWildcard
	case port != ":" && strings.Trim(port[1:], "0") == "":
		return CodePortZero
	case isPort(port[1:], ""):
		return CodeDefaultPort
	default:
		return CodePort
	}
}

// serialise returns the serialisation of the tuple origin of u.
func serialise(u *weburl.URL) string {
	s := u.Scheme + "://" + u.Host
	if u.Port >= 0 {
		s += fmt.Sprintf(":%d", u.Port)
	}
	return s
}
