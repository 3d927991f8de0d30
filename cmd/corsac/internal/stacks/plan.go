package stacks

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

// able says what the configuration of a stack can express besides one origin,
// methods and headers.
type able uint16

const (
	canSubdomains  able = 1 << iota // patterns such as https://*.example.com
	canPorts                        // patterns such as http://localhost:*
	canRegexps                      // regular expressions
	canList                         // more than one origin
	canEcho                         // an answer that repeats what a preflight asks for
	canCredentials                  // Access-Control-Allow-Credentials, on and off
	canExpose                       // Access-Control-Expose-Headers
	canMaxAge                       // Access-Control-Max-Age
	canOthers                       // Timing-Allow-Origin and Cross-Origin-Resource-Policy
	canStatus                       // another status for preflights than 204

	canEverything = canStatus<<1 - 1
)

// plan is a policy as far as the configuration of a server, a gateway or a cloud
// can carry it out. Unlike [rules], which are for frameworks, it knows what each
// of them cannot express.
type plan struct {
	title    string
	any      bool // every origin, without credentials
	exact    []string
	patterns []origin.Pattern
	regexps  []pattern

	// methods and headers are lists for the answer to a preflight. With
	// echoMethods and echoHeaders, they are empty, and the answer repeats what
	// the preflight asks for.
	methods, headers, expose []string
	echoMethods, echoHeaders bool

	credentials bool
	maxAge      string // seconds; "" means that none is sent
	status      int
	timing      bool
	resource    string

	Shortfall
}

// planFor returns what the stack named title, with its abilities, can do of a
// policy. Its shortfall says what it cannot.
func planFor(p *cors.Policy, title string, can able) *plan {
	d := &plan{title: title, credentials: p.AllowCredentials, timing: p.AllowTiming, resource: p.ResourcePolicy, status: 204}
	d.addOrigins(p, can)
	d.addNames(p, can)
	if age, set := p.MaxAge.Duration(); set {
		d.maxAge = strconv.Itoa(int(age.Seconds()))
	}
	if p.PreflightStatus != 0 {
		d.status = p.PreflightStatus
	}
	d.drop(can)
	return d
}

// gap adds a sentence about how the stack falls short; it begins with its name.
func (d *plan) gap(text string) {
	d.Gaps = append(d.Gaps, d.title+" "+text)
}

// cannot adds a sentence about what the stack cannot do, and what to do instead.
func (d *plan) cannot(instead, format string, args ...any) {
	d.lose(instead, "%s", d.title+" "+fmt.Sprintf(format, args...))
}

// drop leaves out what the stack has no setting for.
func (d *plan) drop(can able) {
	if d.credentials && can&canCredentials == 0 {
		d.credentials = false
		d.cannot(insteadProxy, "has no setting for credentials.")
	}
	if len(d.expose) > 0 && can&canExpose == 0 {
		d.cannot(insteadProxy, "cannot expose response headers (%s).", strings.Join(d.expose, ", "))
		d.expose = nil
	}
	if d.maxAge != "" && can&canMaxAge == 0 {
		d.maxAge = ""
		d.cannot("Leave max_age out of the policy, or move CORS to a proxy before it, such as corsac generate nginx.", "has no setting for how long browsers remember a preflight.")
	}
	if d.timing && can&canOthers == 0 {
		d.timing = false
		d.cannot(insteadHeader, "does not send Timing-Allow-Origin this way.")
	}
	if d.resource != "" && can&canOthers == 0 {
		d.loseResource(d.resource, d.title+" does not send Cross-Origin-Resource-Policy this way.")
		d.resource = ""
	}
	if d.status != 204 && can&canStatus == 0 {
		d.gap("chooses the status of preflights itself.")
	}
}

func (d *plan) addOrigins(p *cors.Policy, can able) {
	if slices.Contains(p.AllowOrigins, "*") {
		d.any = true
		return
	}
	for _, s := range p.AllowOrigins {
		wild, err := origin.ParsePattern(s)
		switch {
		case err != nil && s != "null":
		case !isPlain(s):
			d.cannot(insteadPlain, "may read %s in another way, so it is left out.", s)
		case wild.AnyHost() && can&canRegexps != 0:
			d.regexps = append(d.regexps, extensionPattern(wild))
		case wild.AnyHost():
			d.cannot(insteadExtension, "cannot match %s, so it is left out.", s)
		case err != nil || wild.IsExact():
			d.exact = append(d.exact, s)
		case wild.Subdomains() && can&canSubdomains == 0, wild.AnyPort() && can&canPorts == 0:
			if example := exampleOf(wild); !slices.Contains(p.AllowOrigins, example) {
				d.exact = append(d.exact, example)
			}
			d.cannot(insteadEnumerate, "cannot match %s; %s stands for it, so list each origin that you use.", s, exampleOf(wild))
		default:
			d.patterns = append(d.patterns, wild)
		}
	}
	for _, s := range p.DangerouslyAllowOriginRegexps {
		if re, ok := portable(s); ok && can&canRegexps != 0 {
			d.regexps = append(d.regexps, pattern{re: re})
		} else {
			d.cannot(insteadPattern, "cannot match the regular expression %+q safely, so it is left out.", s)
		}
	}
	if p.AllowOriginFunc != nil {
		d.cannot(insteadCode, "does not know the origins that a function of the policy allows.")
	}
	if len(d.exact)+len(d.patterns)+len(d.regexps) == 0 {
		d.exact = []string{noOrigin}
		d.cannot(insteadEnumerate, "needs the origins that you use: write them for %s, which nobody has.", noOrigin)
	}
	if len(d.exact) > 1 && can&canList == 0 {
		others := slices.DeleteFunc(slices.Clone(p.AllowOrigins), func(s string) bool {
			wild, err := origin.ParsePattern(s)
			return s == d.exact[0] || err == nil && exampleOf(wild) == d.exact[0]
		})
		d.cannot(insteadProxy, "sends the same origin to everyone: %s cannot be allowed as well.", strings.Join(others, ", "))
		d.exact = d.exact[:1]
	}
}

// noOrigin stands where a stack can express none of the origins of a policy. No
// page has it (RFC 6761 §6.4).
const noOrigin = "https://origin.invalid"

// exampleOf returns an origin that a pattern allows.
func exampleOf(p origin.Pattern) string {
	s := strings.Replace(p.String(), "://*.", "://www.", 1)
	return strings.Replace(s, ":*", ":3000", 1)
}

func (d *plan) addNames(p *cors.Policy, can able) {
	d.methods = names(append([]string{"GET", "HEAD", "POST"}, p.AllowMethods...), equal)
	d.headers = names(p.AllowHeaders, strings.EqualFold)
	d.expose = names(p.ExposeHeaders, strings.EqualFold)
	if slices.Contains(d.methods, "*") {
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
			d.cannot(insteadMethods, "cannot allow every method with credentials: the usual ones are listed.")
		}
	}
	if slices.Contains(d.headers, "*") {
		d.headers, d.echoHeaders = nil, true
		if can&canEcho == 0 {
			d.headers, d.echoHeaders = usualHeaders, false
			d.cannot(insteadHeaders, "cannot allow every header with credentials: the usual ones are listed.")
		}
	}
}

// keepNames leaves out the names that a stack cannot write.
func (d *plan) keepNames(can func(name string) bool) {
	for _, list := range []*[]string{&d.methods, &d.headers, &d.expose} {
		*list = d.keep(*list, can)
	}
}

// keep returns the names of a list that a stack can write.
func (d *plan) keep(list []string, can func(name string) bool) []string {
	return slices.DeleteFunc(slices.Clone(list), func(name string) bool {
		if !can(name) {
			d.cannot(insteadProxy, "cannot allow or expose %s.", name)
		}
		return !can(name)
	})
}

// expressions returns regular expressions, anchored, of patterns and regexps.
// They consist of printable ASCII without quotes, blanks and commas, and mean
// the same in all engines.
func (d *plan) expressions() (list []string) {
	for _, p := range d.patterns {
		list = append(list, wildcard(p).anchored())
	}
	for _, p := range d.regexps {
		list = append(list, p.anchored())
	}
	return list
}

// allExpressions is expressions with the exact origins first.
func (d *plan) allExpressions() (list []string) {
	for _, s := range d.exact {
		list = append(list, "^"+regexp.QuoteMeta(s)+"$")
	}
	return append(list, d.expressions()...)
}

// expression is allExpressions in one.
func (d *plan) expression() string {
	list := d.allExpressions()
	if len(list) == 1 {
		return list[0]
	}
	for i, s := range list {
		list[i] = strings.TrimSuffix(strings.TrimPrefix(s, "^"), "$")
	}
	return "^(?:" + strings.Join(list, "|") + ")$"
}

// origins returns the exact origins, or * if every origin is allowed.
func (d *plan) origins() []string {
	if d.any {
		return []string{"*"}
	}
	return d.exact
}

// wildcards returns the origins with the patterns, in the notation of corsac.
func (d *plan) wildcards() []string {
	list := slices.Clone(d.origins())
	for _, p := range d.patterns {
		list = append(list, p.String())
	}
	return list
}

// removed returns the headers of the application that the stack replaces.
func (d *plan) removed() []string {
	list := slices.Clone(corsHeaders)
	if d.timing {
		list = append(list, "Timing-Allow-Origin")
	}
	if d.resource != "" {
		list = append(list, "Cross-Origin-Resource-Policy")
	}
	return list
}

// corsHeaders are the headers of the CORS protocol in responses.
var corsHeaders = []string{
	"Access-Control-Allow-Origin", "Access-Control-Allow-Credentials", "Access-Control-Allow-Methods",
	"Access-Control-Allow-Headers", "Access-Control-Expose-Headers", "Access-Control-Max-Age",
}

// field is a header that a stack sends.
type field struct {
	name, value string
	echo        bool // value is the name of the request header that is repeated
}

// answer returns the headers that answers to preflights have besides those of
// all answers to an allowed origin.
func (d *plan) answer() (fields []field) {
	add := func(name string, list []string, echo bool, requested string) {
		if echo {
			fields = append(fields, field{name, requested, true})
		} else if len(list) > 0 {
			fields = append(fields, field{name, strings.Join(list, ", "), false})
		}
	}
	add("Access-Control-Allow-Methods", d.methods, d.echoMethods, "Access-Control-Request-Method")
	add("Access-Control-Allow-Headers", d.headers, d.echoHeaders, "Access-Control-Request-Headers")
	if d.maxAge != "" {
		add("Access-Control-Max-Age", []string{d.maxAge}, false, "")
	}
	return fields
}

// always returns the headers with fixed values that all answers to an allowed
// origin have.
func (d *plan) always() (fields []field) {
	if d.credentials {
		fields = append(fields, field{"Access-Control-Allow-Credentials", "true", false})
	}
	if len(d.expose) > 0 {
		fields = append(fields, field{"Access-Control-Expose-Headers", strings.Join(d.expose, ", "), false})
	}
	return fields
}

// inQuotes returns s in double quotes. It is for names of headers and methods and
// for the expressions of a plan: they have no quotes, and backslashes only before
// punctuation, which configurations leave alone.
func inQuotes(s string) string { return `"` + s + `"` }

// yamlString returns s as a string of YAML. It is printable ASCII.
func yamlString(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// yamlList adds a list of YAML under a key, unless it is empty.
func (c *code) yamlList(indent, key string, values []string) {
	if len(values) > 0 {
		c.line("%s%s: [%s]", indent, key, list(yamlString, values...))
	}
}

// usualMethod reports whether a method is one that gateways know.
func usualMethod(name string) bool {
	return slices.Contains([]string{"*", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, name)
}

// anyRequest reports whether every method and every header is allowed.
func (d *plan) anyRequest() bool {
	return (d.echoMethods || slices.Contains(d.methods, "*")) && (d.echoHeaders || slices.Contains(d.headers, "*"))
}

// sameNames reports whether two lists have the same names of headers.
func sameNames(a, b []string) bool {
	key := func(list []string) []string {
		lower := strings.Split(strings.ToLower(strings.Join(list, ",")), ",")
		slices.Sort(lower)
		return lower
	}
	return slices.Equal(key(a), key(b))
}
