package config

import (
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/origin"
)

// policyPlaces are where the parts of a policy are.
type policyPlaces struct {
	name   place
	order  int                // among the policies of the file
	fields map[string]place   // the value of each field, by its name
	lists  map[string][]place // the entries of each list
	maxAge string             // as it is written
}

// policy reads a policy and checks it.
func (d *decoder) policy(v value, at *policyPlaces) cors.Policy {
	var p cors.Policy
	if _, ok := pairsOf(v.node); !ok {
		d.refuseType(v, "a policy", `write lines such as "allow_origins: [https://app.example.com]"`)
		return p
	}
	broken := map[string]bool{}
	list := func(name string, to *[]string) func(value) {
		return func(v value) {
			var places []place
			d.texts(to, &places)(v)
			at.lists[name] = places
		}
	}
	known := fields{
		"allow_origins":                    list("allow_origins", &p.AllowOrigins),
		"allow_methods":                    list("allow_methods", &p.AllowMethods),
		"allow_headers":                    list("allow_headers", &p.AllowHeaders),
		"expose_headers":                   list("expose_headers", &p.ExposeHeaders),
		"allow_credentials":                d.truth(&p.AllowCredentials),
		"max_age":                          d.maxAge(&p.MaxAge, &at.maxAge),
		"preflight_status":                 d.number(&p.PreflightStatus, "204"),
		"allow_timing":                     d.truth(&p.AllowTiming),
		"resource_policy":                  d.text(&p.ResourcePolicy),
		"dangerously_allow_origin_regexps": list("dangerously_allow_origin_regexps", &p.DangerouslyAllowOriginRegexps),
		"dangerously_allow_null_origin":    d.truth(&p.DangerouslyAllowNullOrigin),
		"dangerously_allow_insecure_origins_with_credentials": d.truth(&p.DangerouslyAllowInsecureOriginsWithCredentials),
		"dangerously_allow_public_suffixes_with_credentials":  d.truth(&p.DangerouslyAllowPublicSuffixesWithCredentials),
	}
	for name, read := range known {
		known[name] = func(v value) {
			errs := len(d.errs)
			read(v)
			broken[name] = len(d.errs) > errs
			at.fields[name] = v.place
		}
	}
	errs := len(d.errs)
	present := d.read(v, known, false)
	for name := range present { // an alias that leads nowhere
		if _, ok := at.fields[name]; !ok {
			broken[name] = true
		}
	}
	misnamed := slices.ContainsFunc(d.errs[errs:], func(e *Error) bool { return e.Code == CodeFieldUnknown })
	_, err := cors.New(p)
	var mistakes cors.ConfigErrors
	errors.As(err, &mistakes)
	for _, m := range mistakes {
		if m.Index < 0 && broken[m.Field] || misnamed && m.Code == cors.CodeOriginMissing {
			continue // it follows from what has been reported
		}
		d.refuseConfig(m, v.field, at)
	}
	return p
}

// refuseConfig reports what package cors says, where it stands in the file.
func (d *decoder) refuseConfig(m *cors.ConfigError, field string, at *policyPlaces) {
	where, ok := at.fields[m.Field]
	if m.Index >= 0 && m.Index < len(at.lists[m.Field]) {
		where = at.lists[m.Field][m.Index]
	} else if !ok {
		where = at.name
		where.field = join(field, m.Field)
	}
	if m.Code == cors.CodeMaxAgeRange {
		m.Value = at.maxAge
	}
	e := Error{Value: m.Value, Code: string(m.Code), Why: m.Why, Fix: m.Fix}
	var cause *origin.Error
	if errors.As(m, &cause) {
		e.Reason = string(cause.Code)
	}
	d.refuse(where, e)
}

// maxAge reads a duration or a number of seconds.
func (d *decoder) maxAge(to *cors.MaxAge, written *string) func(value) {
	return func(v value) {
		s, scalar := scalarText(v.node)
		*written = s
		if _, null := v.node.(*ast.NullNode); null {
			return
		}
		if !scalar {
			d.refuseType(v, "a duration", `write one such as "1h"`)
			return
		}
		if isWhole(s) && len(s) > 9 { // more than any bound, and maybe than an int
			*to = cors.CacheFor(math.MaxInt64 / time.Second * time.Second)
			return
		}
		if err := to.UnmarshalText([]byte(s)); err != nil {
			d.refuse(v.place, Error{
				Code: CodeDurationInvalid, Value: s, Why: "it is not a duration",
				Fix: `write one such as "1h", or a whole number of seconds`,
			})
		}
	}
}

func isWhole(s string) bool {
	return s != "" && strings.Trim(strings.TrimPrefix(s, "-"), "0123456789") == ""
}
