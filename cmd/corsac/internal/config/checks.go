package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/corsac-dev/corsac/origin"
)

// CheckListen returns what is wrong with an address to listen on, or nil.
func CheckListen(s string) *Error {
	e := &Error{Code: CodeListenInvalid, Value: s}
	host, port, err := net.SplitHostPort(s)
	switch _, numErr := strconv.ParseUint(port, 10, 16); {
	case err != nil && strings.Trim(s, "0123456789") == "":
		e.Why, e.Fix = "it is a port without its colon", fmt.Sprintf("write %q", ":"+s)
	case strings.Contains(s, "://"):
		e.Why, e.Fix = "it is a URL, not an address", `write one such as ":8080" or "127.0.0.1:8080"`
	case err != nil && !strings.Contains(s, ":"):
		e.Why, e.Fix = "it has no port", fmt.Sprintf("write %q", s+":8080")
	case err != nil, strings.ContainsAny(host, "/ "):
		e.Why, e.Fix = "it is not an address", `write one such as ":8080", "127.0.0.1:8080" or "[::1]:8080"`
	case numErr != nil:
		e.Why, e.Fix = fmt.Sprintf("%q is not a port", port), fmt.Sprintf("write one from 0 to 65535, such as %q", net.JoinHostPort(host, "8080"))
	default:
		return nil
	}
	return e
}

// CheckPath returns what is wrong with the path of a route, or nil.
func CheckPath(s string) *Error {
	e := &Error{Code: CodeRoutePath, Value: s}
	switch decoded, err := url.PathUnescape(s); {
	case strings.Contains(s, "://"):
		e.Why, e.Fix = "it is a URL, not a path", "write its path here and its host as host"
	case !strings.HasPrefix(s, "/"):
		e.Why, e.Fix = "a path begins with a slash", fmt.Sprintf("write %q", "/"+s)
	case strings.ContainsAny(s, "?#"):
		e.Why, e.Fix = "a route does not match queries or fragments", fmt.Sprintf("write %q", s[:strings.IndexAny(s, "?#")])
	case strings.ContainsAny(s, "*{"):
		e.Why, e.Fix = "a path is a prefix and has no wildcards", fmt.Sprintf("write %q", wholeSegments(s[:strings.IndexAny(s, "*{")]))
	case !utf8.ValidString(s):
		e.Why, e.Fix = "it is not UTF-8", "write each byte of another encoding as a percent sign and two hexadecimal digits"
	case err != nil:
		e.Why, e.Fix = "a percent sign in it is not followed by two hexadecimal digits", `write "%25" for a percent sign`
	case hasOddSegments(decoded) || strings.Contains(strings.ToUpper(s), "%2F"):
		e.Why, e.Fix = `servers read a path with "//", ".", "..", "\", ";" or "%2F" in different ways`, "write the path without them"
	case strings.ContainsFunc(decoded, func(r rune) bool { return r <= ' ' || r == 0x7f }):
		e.Why, e.Fix = "it has white space in it", "remove the white space"
	default:
		return nil
	}
	return e
}

// wholeSegments returns s up to its last slash.
func wholeSegments(s string) string { return s[:strings.LastIndexByte(s, '/')+1] }

func hasOddSegments(path string) bool {
	for s := range strings.SplitSeq(strings.TrimPrefix(path, "/")+"/", "/") {
		if s == "." || s == ".." {
			return true
		}
	}
	return strings.Contains(path, "//") || strings.ContainsAny(path, `\;`)
}

// CheckHost returns what is wrong with the host of a route, or nil.
func CheckHost(s string) *Error {
	e := &Error{Code: CodeRouteHost, Value: s}
	name, port, hasPort := strings.Cut(strings.ToLower(strings.TrimPrefix(s, "*.")), ":")
	if strings.HasPrefix(s, "[") { // an IPv6 address
		name, port, hasPort = strings.Cut(strings.ToLower(s), "]:")
		name = strings.TrimSuffix(name, "]") + "]"
	}
	o, err := origin.Parse("http://" + name)
	switch {
	case s == "*":
		e.Why, e.Fix = "a route without a host matches every host", "drop the field"
	case strings.Contains(s, "*") && strings.Contains(name, "*"):
		e.Why, e.Fix = "a wildcard stands for the leftmost labels only", `write one such as "*.example.com"`
	case strings.Contains(s, "://"):
		e.Why, e.Fix = "it is a URL, not a host", `write the host only, such as "api.example.com"`
	case err == nil && hasPort && strings.Trim(port, "0123456789*") == "":
		e.Why, e.Fix = "hosts are compared without their ports", fmt.Sprintf("write %q", strings.TrimSuffix(s, ":"+port))
	case err != nil || o.IsOpaque() || hasPort:
		e.Why, e.Fix = "it is not a host", `write one such as "api.example.com"`
		var parse *origin.Error
		if errors.As(err, &parse) {
			e.Reason = string(parse.Code)
		}
	default:
		return nil
	}
	return e
}

// ParseUpstream parses the URL of an upstream, or returns what is wrong with
// it.
func ParseUpstream(s string) (*url.URL, *Error) {
	e := &Error{Code: CodeRouteUpstream, Value: s}
	u, err := url.Parse(s)
	switch {
	case strings.Trim(strings.TrimPrefix(s, ":"), "0123456789") == "":
		e.Why, e.Fix = "it is a port, and an upstream is a URL", fmt.Sprintf("write %q", "http://127.0.0.1:"+strings.TrimPrefix(s, ":"))
	case !strings.Contains(s, "://"):
		e.Why, e.Fix = "an upstream is a URL, with its scheme", fmt.Sprintf("write %q", "http://"+strings.TrimPrefix(s, "//"))
	case err != nil:
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err
		}
		e.Why, e.Fix = "it is not a URL: "+err.Error(), `write one such as "http://127.0.0.1:9000"`
	case u.Scheme == "ws" || u.Scheme == "wss":
		e.Why, e.Fix = "http and https carry WebSockets too", fmt.Sprintf("write %q", "http"+strings.TrimPrefix(s, "ws"))
	case u.Scheme != "http" && u.Scheme != "https":
		e.Why, e.Fix = "the scheme of an upstream is http or https", `write one such as "http://127.0.0.1:9000"`
	case u.Hostname() == "":
		e.Why, e.Fix = "it has no host", `write one such as "http://127.0.0.1:9000"`
	case u.User != nil:
		e.Why, e.Fix = "a user name and password in it would be ignored", fmt.Sprintf("write %q", (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String())
		e.Value, e.Secret = u.Redacted(), true
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(s, "#"):
		e.Why, e.Fix = "the query is that of the request, and fragments are never sent", fmt.Sprintf("write %q", s[:strings.IndexAny(s, "?#")])
	case !validPort(u):
		e.Why, e.Fix = fmt.Sprintf("%q is not a port", u.Port()), "write one from 1 to 65535"
	case hasOddSegments(u.Path):
		e.Why, e.Fix = `servers read a path with "//", ".", "..", "\" or ";" in different ways`, "write the path without them"
	default:
		return u, nil
	}
	return nil, e
}

func validPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && n > 0
}
