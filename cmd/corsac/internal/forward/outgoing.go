package forward

import (
	"net/http"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/http1"
)

// prepare makes the request to the upstream.
func (f *forwarding) prepare() {
	s, r, out := f.server, f.request, &f.out
	out.Method, out.Host = r.Method, s.name
	if s.o.PreserveHost && r.Host != "" {
		out.Host = r.Host
	}
	f.url.Scheme, f.url.Host = s.url.Scheme, s.url.Host
	setTarget(&f.url, out.Host, s.base, f.in.Target)
	out.URL = &f.url
	// An upstream that sends a body after HEAD, though it must not (RFC 9110
	// §9.3.2), would have it read as the next response on the connection.
	out.Close = r.Method == http.MethodHead
	if r.ContentLength != 0 {
		out.Body, out.Length, out.Ready = f.in.body, r.ContentLength, f.in.ready
		out.Continue = httpguts.HeaderValuesContainsToken(r.Header["Expect"], "100-continue")
		out.Trailer = f.trailers(r)
	}
	out.Interim, out.Waiting = f.interim, f.flush
	out.Fields, out.Room = f.sent[:0], f.got[:0]
	f.copyRequestFields()
	f.addFields()
}

// copyRequestFields copies the fields of the client that are for the upstream.
func (f *forwarding) copyRequestFields() {
	h := f.request.Header
	connection := optionsOf(h["Connection"])
	for name, lines := range h {
		if name == "Host" || name == "Content-Length" || name == "Expect" && f.out.Body == nil ||
			isHopByHop(name) || isForwarding(name) || connection.has(name) {
			continue
		}
		for _, line := range lines {
			f.add(name, line)
		}
	}
}

// addFields adds the fields of the proxy itself.
func (f *forwarding) addFields() {
	r := f.request
	f.add(hopHeader, f.server.o.Hops.add(r.Header))
	if public := &f.in.Public; public.forwardedFor != "" {
		f.add("X-Forwarded-For", public.forwardedFor)
	}
	f.add("X-Forwarded-Host", f.in.Public.Host)
	f.add("X-Forwarded-Proto", f.in.Public.Scheme)
	if httpguts.HeaderValuesContainsToken(r.Header["Te"], "trailers") {
		f.add("Te", "trailers")
	}
	if protocol := upgradeOf(r); protocol != "" {
		f.out.Upgrade = true
		f.add("Connection", "Upgrade")
		f.add("Upgrade", protocol)
	}
}

func (f *forwarding) add(name, value string) {
	f.out.Fields = append(f.out.Fields, http1.Field{Name: name, Value: value})
}

// upgradeOf returns the protocol that a request asks for, or "" if it does not,
// or must not (RFC 9110 §7.8).
func upgradeOf(r *http.Request) string {
	protocol := r.Header.Get("Upgrade")
	if protocol == "" || r.ProtoMajor != 1 || !r.ProtoAtLeast(1, 1) || r.Method == http.MethodHead ||
		!optionsOf(r.Header["Connection"]).has("Upgrade") || tunnelsHTTP(protocol) {
		return ""
	}
	return protocol
}

// options are the elements of Connection fields (RFC 9110 §7.6.1).
type options []string

func optionsOf(lines []string) (all options) {
	for _, line := range lines {
		for option := range strings.SplitSeq(line, ",") {
			if option = strings.Trim(option, " \t"); option != "" {
				all = append(all, option)
			}
		}
	}
	return all
}

// has reports whether one of the options is name, ignoring case.
func (o options) has(name string) bool {
	for _, option := range o {
		if strings.EqualFold(option, name) {
			return true
		}
	}
	return false
}

// isHopByHop reports whether a field is for one connection only, whatever
// Connection says (RFC 9110 §7.6.1), or frames the message on it.
func isHopByHop(name string) bool {
	switch name {
	case "Connection", "Proxy-Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Te", "Upgrade",
		"Trailer", "Transfer-Encoding":
		return true
	}
	return false
}

// isForwarding reports whether a request header says which way a request came, or
// under which path: some frameworks believe X-Original-URL, and would serve the
// path of another route.
// Some upstreams read underscores as hyphens.
func isForwarding(name string) bool {
	if name == "" {
		return false
	}
	switch name[0] | 0x20 {
	case 'x':
		return hasPrefix(name, "x-forwarded-") || isNamed(name, "x-real-ip") ||
			isNamed(name, "x-original-url") || isNamed(name, "x-rewrite-url")
	case 'f':
		return isNamed(name, "forwarded")
	}
	return isHop(name)
}

// isNamed reports whether name is lower, ignoring case and reading underscores
// as hyphens.
func isNamed(name, lower string) bool { return len(name) == len(lower) && hasPrefix(name, lower) }

// hasPrefix is isNamed for the beginning of a name.
func hasPrefix(name, lower string) bool {
	if len(name) < len(lower) {
		return false
	}
	for i := range len(lower) {
		c := name[i]
		switch {
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		case c == '_':
			c = '-'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// tunnelsHTTP reports whether an upgrade leads back to HTTP, in a form in which
// the proxy would not see the requests. Some upstreams ignore what surrounds
// its name.
func tunnelsHTTP(upgrade string) bool {
	for name := range strings.FieldsFuncSeq(strings.ToLower(upgrade), isNotAlphanumeric) {
		if name == "h2c" || name == "h2" || name == "http" || name == "tls" {
			return true
		}
	}
	return false
}

func isNotAlphanumeric(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }
