package cors

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// Code is the kind of mistake that a [ConfigError] reports. Codes are stable.
type Code string

// The codes of a [ConfigError].
const (
	// CodeOriginMissing: the policy allows no origin at all.
	CodeOriginMissing Code = "origin.missing"
	// CodeOriginInvalid: not an origin or a pattern; the wrapped [origin.Error]
	// has a more precise code.
	CodeOriginInvalid Code = "origin.invalid"
	// CodeOriginProhibited: null, a file: URL, whose origin is null, or all
	// extensions of a browser.
	CodeOriginProhibited Code = "origin.prohibited"
	// CodeOriginInsecure: plain http with credentials.
	CodeOriginInsecure Code = "origin.insecure"
	// CodeOriginPublicSuffix: the subdomains of a public suffix, or an
	// expression that matches domains of different owners, with credentials.
	CodeOriginPublicSuffix Code = "origin.public-suffix"
	// CodeRegexpInvalid: not an RE2 expression.
	CodeRegexpInvalid Code = "regexp.invalid"
	// CodeWildcardMixed: "*" beside other entries, which it makes pointless.
	CodeWildcardMixed Code = "wildcard.mixed"
	// CodeWildcardCredentials: "*", or an expression that matches everything,
	// with credentials.
	CodeWildcardCredentials Code = "wildcard.credentials"
	// CodeMethodInvalid: not a method (RFC 9110 §9.1).
	CodeMethodInvalid Code = "method.invalid"
	// CodeMethodForbidden: a method that browsers never send.
	CodeMethodForbidden Code = "method.forbidden"
	// CodeHeaderInvalid: not a header name (RFC 9110 §5.1), or too long.
	CodeHeaderInvalid Code = "header.invalid"
	// CodeHeaderForbidden: a header that no script can set or read.
	CodeHeaderForbidden Code = "header.forbidden"
	// CodeHeaderProhibited: a header of the CORS protocol itself, which need
	// never be listed.
	CodeHeaderProhibited Code = "header.prohibited"
	// CodeMaxAgeRange: not whole seconds from 0 to 86400.
	CodeMaxAgeRange Code = "max-age.range"
	// CodeStatusRange: a preflight status outside 200 to 299.
	CodeStatusRange Code = "status.range"
	// CodeResourcePolicyInvalid: not a Cross-Origin-Resource-Policy.
	CodeResourcePolicyInvalid Code = "resource-policy.invalid"
)

// ConfigError is one mistake in a [Policy].
type ConfigError struct {
	Policy int    // index of the policy, from 0
	Field  string // the field's name in JSON and YAML, such as "allow_origins"
	Index  int    // index of the entry within the field, from 0; -1 for the whole field
	Value  string // the entry or value as given
	Code   Code
	Why    string // why it is refused
	Fix    string // what to do, or what to write instead
	Err    error  // the cause, such as an *[origin.Error], or nil
}

// Error returns one line: where, what, why, and what to write instead. It has the
// names of [Policy]'s fields, such as AllowOrigins[0]; the fields of e have those of
// files.
func (e *ConfigError) Error() string {
	where := inGo(e.Field)
	if e.Index >= 0 {
		where = fmt.Sprintf("%s[%d]", where, e.Index)
	}
	if e.Policy > 0 {
		where = fmt.Sprintf("policy %d: %s", e.Policy+1, where)
	}
	msg := where + ": "
	if e.Value != "" || e.Index >= 0 {
		msg += fmt.Sprintf("%q: ", abbreviate(e.Value))
	}
	msg += inGo(e.Why)
	if e.Fix != "" {
		msg += "; " + inGo(e.Fix)
	}
	return msg
}

// inGo replaces the names that fields have in files by those that they have in Go.
func inGo(text string) string { return goNames().Replace(text) }

// goNames is not made at start, where few need it.
var goNames = sync.OnceValue(func() *strings.Replacer {
	var pairs []string
	typ := reflect.TypeFor[Policy]()
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if strings.Contains(name, "_") {
			pairs = append(pairs, name, typ.Field(i).Name)
		}
	}
	return strings.NewReplacer(pairs...)
})

// Unwrap returns e.Err.
func (e *ConfigError) Unwrap() error { return e.Err }

// ConfigErrors lists all mistakes in policies, in the order of policies and
// fields. [errors.As] with a *[ConfigError] finds the first.
type ConfigErrors []*ConfigError

// Error returns one line per mistake.
func (e ConfigErrors) Error() string {
	lines := make([]string, len(e))
	for i, err := range e {
		lines[i] = err.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the mistakes, for [errors.Is] and [errors.As].
func (e ConfigErrors) Unwrap() []error {
	errs := make([]error, len(e))
	for i, err := range e {
		errs[i] = err
	}
	return errs
}

func abbreviate(s string) string {
	const longest = 100
	if len(s) > longest {
		return s[:longest] + "…"
	}
	return s
}
