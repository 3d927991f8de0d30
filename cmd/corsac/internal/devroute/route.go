// Package devroute has the routes of corsac dev: which server gets a request, and
// what happens on the way.
//
//   - A route has a path, of which it takes whole segments, and may have a host.
//     {name} in either stands for one segment, or one label, and may be repeated in
//     the upstream. The host of an upstream ends with something that is fixed and
//     has one owner, so that no request chooses whose server it reaches.
//   - Hosts and paths are compared as in the gateway: without case and port, and by
//     segments after decoding. A path that servers may read as that of a route with
//     another mode or policy is ambiguous.
package devroute

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/http/httpguts"

	"github.com/corsac-dev/corsac/internal/suffix"
)

// Mode is what corsac dev does with CORS on a route.
type Mode string

// The modes of a route.
const (
	// SameOrigin gives page and API one origin, so that CORS does not apply.
	SameOrigin Mode = "same-origin"
	// Add answers with the right CORS headers for the page's origin.
	Add Mode = "add"
	// Observe changes nothing.
	Observe Mode = "observe"
	// Enforce applies a policy of the file.
	Enforce Mode = "enforce"
)

// Modes are all modes, the default first.
var Modes = []Mode{SameOrigin, Add, Observe, Enforce}

// Route sends requests to a server.
type Route struct {
	Path string // a prefix of whole segments; "" means "/"
	Host string // "" for every host

	// Upstream is the server's URL, with {name}s of Path and Host in its host and
	// path. "" if there is a Mock.
	Upstream string
	// Mode is how CORS is handled. "" means [SameOrigin].
	Mode Mode
	// Policy is the name of the policy for [Enforce].
	Policy string
	// StripPrefix removes Path from what the server sees.
	StripPrefix bool
	// Insecure accepts every certificate of the server.
	Insecure bool
	// Private allows a public name to lead into a private network.
	Private bool
	// Faults are what goes wrong on purpose.
	Faults Faults
	// Mock answers in place of a server.
	Mock *Mock
}

// Mock is a response from a file.
type Mock struct {
	File    string // "" for no body
	Status  int    // 0 means 200
	Headers map[string]string
}

// Check returns what is wrong with a mock, or nil.
func (m *Mock) Check() error {
	if m.Status != 0 && (m.Status < 200 || m.Status > 599) {
		return fmt.Errorf("%d is not a status of a response, such as 200 or 404", m.Status)
	}
	for name, value := range m.Headers {
		if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
			return fmt.Errorf("%q is not the name of a header, or its value is not valid", name)
		}
	}
	return nil
}

// ParseAPI parses a server on the command line: [/prefix=]URL[,option...]. An error
// says what to write.
func ParseAPI(s string) (Route, error) {
	var r Route
	if strings.HasPrefix(s, "/") || strings.HasPrefix(s, "{") {
		path, rest, ok := strings.Cut(s, "=")
		if !ok {
			return r, errors.New("there is no URL in it; write one such as /v1=http://localhost:8080")
		}
		r.Path, s = path, rest
	}
	target, options, _ := strings.Cut(s, ",")
	var err error
	if r.Upstream, err = ParseURL(target); err != nil {
		return r, err
	}
	if options == "" {
		return r, nil
	}
	for option := range strings.SplitSeq(options, ",") {
		if err := r.option(option); err != nil {
			return r, err
		}
	}
	return r, nil
}

// option sets one option of [ParseAPI].
func (r *Route) option(s string) (err error) {
	name, value, hasValue := strings.Cut(s, "=")
	flag := map[string]*bool{"strip-prefix": &r.StripPrefix, "insecure": &r.Insecure, "private": &r.Private, "offline": &r.Faults.Offline}[name]
	switch {
	case flag != nil && !hasValue:
		*flag = true
	case name == "delay":
		r.Faults.Delay, err = time.ParseDuration(value)
		if err != nil || r.Faults.Delay <= 0 {
			return fmt.Errorf("%q is not a duration; write one such as delay=300ms", value)
		}
	case name == "fail":
		if r.Faults.Status, r.Faults.Percent, err = ParseFail(value); err != nil {
			return fmt.Errorf("%q: %w", value, err)
		}
	default:
		return fmt.Errorf("%q is not an option; the options are strip-prefix, insecure, private, offline, delay=300ms and fail=500@10%%", s)
	}
	return nil
}

// ParseURL returns the URL of a server, which may be written as :8080 or
// localhost:8080. It may contain {name}s.
func ParseURL(s string) (string, error) {
	full := s
	switch {
	case strings.Trim(s, "0123456789") == "" && s != "":
		full = "http://localhost:" + s
	case strings.HasPrefix(s, ":"):
		full = "http://localhost" + s
	case !strings.Contains(s, "://"):
		host, _, _ := strings.Cut(s, "/")
		if _, _, err := net.SplitHostPort(host); err != nil {
			return "", fmt.Errorf("%q is not the URL of a server; write one such as :8080, http://localhost:8080 or https://staging.example.com", s)
		}
		full = "http://" + s
	}
	return full, checkURL(full)
}

// checkURL returns what is wrong with the URL of a server.
func checkURL(s string) error {
	u, err := url.Parse(names.ReplaceAllString(s, "x"))
	switch {
	case err != nil:
		return fmt.Errorf("%q is not a URL; write one such as http://localhost:8080", s)
	case u.Scheme == "ws" || u.Scheme == "wss":
		return fmt.Errorf("%q: http and https carry WebSockets, too; write http%s", s, strings.TrimPrefix(s, "ws"))
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%q: the scheme of a server is http or https", s)
	case u.Hostname() == "":
		return fmt.Errorf("%q has no host; write one such as http://localhost:8080", s)
	case u.User != nil:
		return errors.New("a user name and a password in a URL would be ignored; leave them out")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.Contains(s, "#"):
		return fmt.Errorf("%q: the query is that of each request; write the URL without", s)
	case u.Port() == "" && strings.HasSuffix(u.Host, ":"), u.Port() != "" && !isPort(u.Port()):
		return fmt.Errorf("%q: the port is a number from 1 to 65535", s)
	}
	_, rest, _ := strings.Cut(s, "://")
	host, _, _ := strings.Cut(rest, "/")
	if i := strings.LastIndexByte(host, '}'); i >= 0 && !isOwned(host[i+1:]) {
		return fmt.Errorf("%q: a request must not choose whose server it reaches; let the host end with a fixed domain, as in https://{name}.staging.example.com", s)
	}
	return nil
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// isOwned reports whether everything below a host, which begins with a dot, has
// one owner.
func isOwned(host string) bool {
	domain, ok := strings.CutPrefix(host, ".")
	if name, _, err := net.SplitHostPort(domain); err == nil {
		domain = name
	}
	domain = strings.ToLower(strings.TrimSuffix(domain, "."))
	return ok && (domain == "localhost" || suffix.Owner(domain) != "" && !suffix.HasOwnersBelow(domain))
}

// names are the placeholders of a route.
var names = regexp.MustCompile(`\{[A-Za-z_][A-Za-z0-9_]*\}`)

// FieldError is what is wrong with a field of a route, by its name in the file.
type FieldError struct {
	Field string
	Err   error
}

// Check returns what is wrong with a route, at most one error per field.
func (r *Route) Check() (wrong []FieldError) {
	add := func(field string, err error) {
		if err != nil {
			wrong = append(wrong, FieldError{field, err})
		}
	}
	if r.Path != "" {
		add("path", checkPath(r.Path))
	}
	if r.Host != "" {
		add("host", checkHost(r.Host))
	}
	switch {
	case r.Upstream != "":
		add("upstream", checkURL(r.Upstream))
	case r.Mock == nil:
		add("upstream", errors.New("a route needs a server; write its URL, such as http://localhost:8080"))
	}
	if len(wrong) == 0 {
		add(r.checkNames())
	}
	add("delay", CheckDelay(r.Faults.Delay))
	switch {
	case r.Mode != "" && !slices.Contains(Modes, r.Mode):
		add("mode", errors.New("the modes are same-origin, add, observe and enforce"))
	case r.Policy != "" && r.Mode != Enforce:
		add("policy", errors.New("only the mode enforce applies a policy"))
	case r.Policy == "" && r.Mode == Enforce:
		add("policy", errors.New("the mode enforce needs the name of a policy"))
	}
	return wrong
}

// checkNames returns the field whose placeholders are wrong, and why, or nil.
func (r *Route) checkNames() (field string, err error) {
	known := names.FindAllString(r.Path+" "+r.Host, -1)
	for i, name := range known {
		if slices.Contains(known[:i], name) {
			return "path", fmt.Errorf("%s is there twice", name)
		}
	}
	for _, name := range names.FindAllString(r.Upstream, -1) {
		if !slices.Contains(known, name) {
			return "upstream", fmt.Errorf("%s is neither in the path nor in the host of the route", name)
		}
	}
	return "", nil
}

// checkPath returns what is wrong with a path.
func checkPath(path string) error {
	decoded, err := url.PathUnescape(path)
	switch {
	case !strings.HasPrefix(path, "/"):
		return errors.New("a path begins with a slash")
	case err != nil || strings.ContainsAny(path, "?#*\\; ") || strings.Contains(path, "//") || strings.Contains(strings.ToUpper(path), "%2F"):
		return errors.New(`a path is made of plain segments, such as /api or /users/{id}`)
	}
	for segment := range strings.SplitSeq(decoded, "/") {
		if segment == "." || segment == ".." || strings.ContainsAny(segment, "{}") && names.FindString(segment) != segment {
			return errors.New("{name} stands for a whole segment, as in /users/{id}")
		}
	}
	return nil
}

// checkHost returns what is wrong with a host.
func checkHost(host string) error {
	rest := strings.TrimPrefix(host, "*.")
	if i := strings.LastIndexByte(rest, '.'); names.MatchString(rest[i+1:]) {
		return errors.New("the last part of a host is fixed, as in {name}.localhost")
	}
	for label := range strings.SplitSeq(rest, ".") {
		switch {
		case names.FindString(label) == label && label != "":
		case label == "" || strings.ContainsAny(label, "{}*:/?#@ "):
			return errors.New("a host is a name without a port, such as api.localhost, *.localhost or {name}.localhost")
		}
	}
	return nil
}
