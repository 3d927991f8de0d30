package stacks

import (
	"net/textproto"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

// able says what the configuration of a stack can express besides a list of
// origins, methods and headers.
type able uint16

const (
	canSubdomains able = 1 << iota // patterns such as https://*.example.com
	canPorts                       // patterns such as http://localhost:*
	canRegexps                     // regular expressions of the user
	canList                        // more than one origin
	canEcho                        // a preflight's answer that repeats what it asks for
	canCredentials
	canExpose
	canMaxAge
	canOthers // Timing-Allow-Origin and Cross-Origin-Resource-Policy
	canStatus // another status for preflights

	canEverything = canOthers<<2 - 1
)

// plan is a policy as far as a stack can carry it out.
type plan struct {
	any      bool     // every origin, without credentials
	exact    []string // origins
	patterns []origin.Pattern
	regexps  []string // RE2, printable ASCII, not anchored

	// methods are for Access-Control-Allow-Methods, headers for
	// Access-Control-Allow-Headers. With echoMethods and echoHeaders, they are
	// empty, and the answer repeats what the preflight asks for.
	methods, headers, expose []string
	echoMethods, echoHeaders bool

	credentials bool
	maxAge      string // seconds; "" means that none is sent
	status      int
	timing      bool
	resource    string

	gaps []string
}

// planFor returns what the stack named title, with its abilities, can do of a
// policy. The gaps say what it cannot.
func planFor(p *cors.Policy, title string, can able) *plan {
	d := &plan{credentials: p.AllowCredentials, timing: p.AllowTiming, resource: p.ResourcePolicy, status: 204}
	d.addOrigins(p, title, can)
	d.addNames(p, title, can)
	if age, set := p.MaxAge.Duration(); set {
		d.maxAge = strconv.Itoa(int(age.Seconds()))
	}
	if p.PreflightStatus != 0 {
		d.status = p.PreflightStatus
	}
	d.drop(title, can)
	return d
}

// drop leaves out what the stack has no setting for.
func (d *plan) drop(title string, can able) {
	for _, x := range []struct {
		need able
		used bool
		gap  string
	}{
		{canCredentials, d.credentials, " has no setting for credentials."},
		{canExpose, len(d.expose) > 0, " cannot expose response headers: " + strings.Join(d.expose, ", ") + "."},
		{canMaxAge, d.maxAge != "", " has no setting for how long browsers remember a preflight."},
		{canOthers, d.timing, " does not add Timing-Allow-Origin here."},
		{canOthers, d.resource != "", " does not add Cross-Origin-Resource-Policy here."},
		{canStatus, d.status != 204, " chooses the status of preflights by itself."},
	} {
		if x.used && can&x.need == 0 {
			d.gaps = append(d.gaps, title+x.gap)
		}
	}
	d.credentials = d.credentials && can&canCredentials != 0
	if can&canExpose == 0 {
		d.expose = nil
	}
	if can&canMaxAge == 0 {
		d.maxAge = ""
	}
	if can&canOthers == 0 {
		d.timing, d.resource = false, ""
	}
}

func (d *plan) addOrigins(p *cors.Policy, title string, can able) {
	for _, s := range p.AllowOrigins {
		if s == "*" {
			d.any = true
			return
		}
		pattern, err := origin.ParsePattern(s)
		switch {
		case err != nil || pattern.IsExact(): // null is not a pattern
			d.exact = append(d.exact, s)
		case pattern.Subdomains() && can&canSubdomains == 0, pattern.AnyPort() && can&canPorts == 0:
			example := exampleOf(pattern)
			d.exact = append(d.exact, example)
			d.gaps = append(d.gaps, title+" cannot match "+s+": "+example+" stands for it here; list every origin that you use.")
		default:
			d.patterns = append(d.patterns, pattern)
		}
	}
	d.addRegexps(p, title, can)
	if p.AllowOriginFunc != nil {
		d.gaps = append(d.gaps, "What a function of the policy decides about origins is not in here.")
	}
	d.exact = unique(d.exact)
	if len(d.exact) > 1 && can&canList == 0 {
		d.gaps = append(d.gaps, title+" sends one fixed origin: "+strings.Join(d.exact[1:], ", ")+" cannot be allowed as well.")
		d.exact = d.exact[:1]
	}
}

func (d *plan) addRegexps(p *cors.Policy, title string, can able) {
	for _, s := range p.DangerouslyAllowOriginRegexps {
		if can&canRegexps == 0 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }) {
			d.gaps = append(d.gaps, title+" cannot match the regular expression "+strconv.QuoteToASCII(s)+".")
			continue
		}
		d.regexps = append(d.regexps, s)
	}
}

// exampleOf returns an origin that a pattern allows.
func exampleOf(p origin.Pattern) string {
	o := p.Origin()
	host := o.Host()
	if p.Subdomains() {
		host = "www." + host
	}
	s := p.String()
	scheme, rest, _ := strings.Cut(s, "://")
	port := ""
	if p.AnyPort() {
		port = ":3000"
	} else if i := strings.LastIndexByte(rest, ':'); i > strings.LastIndexByte(rest, ']') {
		port = rest[i:]
	}
	return scheme + "://" + host + port
}

// The names that stand for a * where a stack can neither send a * nor repeat
// what the preflight asks for.
var (
	simpleMethods = []string{"GET", "HEAD", "POST"}
	usualMethods  = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}
	usualHeaders  = []string{"Accept", "Authorization", "Content-Type", "X-CSRF-Token", "X-Requested-With"}
)

func (d *plan) addNames(p *cors.Policy, title string, can able) {
	d.methods = unique(append(slices.Clone(simpleMethods), p.AllowMethods...))
	d.headers = canonical(p.AllowHeaders)
	d.expose = canonical(p.ExposeHeaders)
	if slices.Contains(p.AllowMethods, "*") {
		d.methods = []string{"*"}
	}
	if !p.AllowCredentials {
		return
	}
	// With credentials, browsers take a * as the name of a method or header
	// (https://fetch.spec.whatwg.org/#cors-protocol-and-credentials).
	if slices.Contains(d.methods, "*") {
		d.methods, d.echoMethods = nil, true
		if can&canEcho == 0 {
			d.methods, d.echoMethods = usualMethods, false
			d.gaps = append(d.gaps, title+" cannot allow every method with credentials: the usual ones are listed.")
		}
	}
	if slices.Contains(d.headers, "*") {
		d.headers, d.echoHeaders = nil, true
		if can&canEcho == 0 {
			d.headers, d.echoHeaders = usualHeaders, false
			d.gaps = append(d.gaps, title+" cannot allow every header with credentials: the usual ones are listed.")
		}
	}
}

// keepNames leaves out the methods and headers that a stack cannot write.
func (d *plan) keepNames(title string, can func(name string) bool) {
	for _, names := range []*[]string{&d.methods, &d.headers, &d.expose} {
		*names = slices.DeleteFunc(slices.Clone(*names), func(name string) bool {
			if !can(name) {
				d.gaps = append(d.gaps, title+" cannot write the name "+name+".")
				return true
			}
			return false
		})
	}
}

// expressions returns regular expressions, anchored, that match the origins of
// patterns and regexps. They are RE2, PCRE and, without regexps, JavaScript.
// Each matches what browsers send for the pattern, as [origin.Pattern] does.
func (d *plan) expressions() []string {
	var list []string
	for _, p := range d.patterns {
		list = append(list, "^"+patternExpression(p)+"$")
	}
	for _, s := range d.regexps {
		list = append(list, "^(?:"+s+")$")
	}
	return list
}

// allExpressions is expressions with the exact origins first.
func (d *plan) allExpressions() []string {
	var list []string
	for _, s := range d.exact {
		list = append(list, "^"+regexp.QuoteMeta(s)+"$")
	}
	return append(list, d.expressions()...)
}

// patternExpression returns the expression of a pattern, not anchored.
func patternExpression(p origin.Pattern) string {
	scheme, rest, _ := strings.Cut(p.String(), "://")
	s := regexp.QuoteMeta(scheme) + "://"
	if p.Subdomains() {
		rest = strings.TrimPrefix(rest, "*.")
		if scheme == "http" || scheme == "https" {
			s += `([a-z0-9_-]+\.)+`
		} else {
			s += `([A-Za-z0-9_-]+\.)+`
		}
	}
	if p.AnyPort() {
		return s + regexp.QuoteMeta(strings.TrimSuffix(rest, ":*")) + `(:[1-9][0-9]*)?`
	}
	return s + regexp.QuoteMeta(rest)
}

// alternatives returns one expression for several that are anchored.
func alternatives(anchored []string) string {
	if len(anchored) == 1 {
		return anchored[0]
	}
	var parts []string
	for _, s := range anchored {
		parts = append(parts, strings.TrimSuffix(strings.TrimPrefix(s, "^"), "$"))
	}
	return "^(?:" + strings.Join(parts, "|") + ")$"
}

// origins returns the exact origins, or * if every origin is allowed.
func (d *plan) origins() []string {
	if d.any {
		return []string{"*"}
	}
	return d.exact
}

// unique returns the names of a list once each, in their order.
func unique(names []string) []string {
	var list []string
	for _, name := range names {
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list
}

// canonical returns the names of headers once each, in their usual spelling.
func canonical(names []string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = textproto.CanonicalMIMEHeaderKey(name)
	}
	return unique(list)
}

// without returns the regular expressions without those that contain one of
// texts, which the syntax of a stack cannot hold.
func (d *plan) without(title string, texts ...string) []string {
	return slices.DeleteFunc(slices.Clone(d.regexps), func(s string) bool {
		for _, text := range texts {
			if strings.Contains(s, text) {
				d.gaps = append(d.gaps, title+" cannot match the regular expression "+strconv.QuoteToASCII(s)+".")
				return true
			}
		}
		return false
	})
}

// echo returns value, with which a stack repeats what a preflight asks for, if
// that is wanted, otherwise "".
func (d *plan) echo(value string, wanted bool) string {
	if wanted {
		return value
	}
	return ""
}
