// Package policies reads and writes the policies section of corsac.yaml. It is
// what package policyfile is for everybody and package config for the program:
// both read policies here, so that there is one answer to what a file means.
package policies

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/yamlread"
	"github.com/corsac-dev/corsac/origin"
)

// Section is the name of the section.
const Section = "policies"

// The codes of a [yamlread.Error] that this package finds besides those of package
// cors.
const (
	CodeMissing = "policies.missing" // there is no policy
	CodeName    = "policy.name"      // not a name for a policy
)

// Policy is a policy of a file, and where its parts are.
type Policy struct {
	// Name is its name, and At where that is.
	Name string
	At   yamlread.Place

	// Policy is the policy as it is written.
	Policy cors.Policy

	// Middleware is what cors.New returned for it; nil if there are mistakes in
	// it.
	Middleware *cors.Middleware

	// Fields are where the values of its fields are, and Entries where the
	// entries of its lists are, both by the field's name.
	Fields  map[string]yamlread.Place
	Entries map[string][]yamlread.Place

	// MaxAge is max_age as it is written.
	MaxAge string
}

// maxRegexps bounds the bytes of all regular expressions in a file, those of
// aliases counted each time: compiled, they take up to 10,000 times as much memory.
const maxRegexps = 16 << 10

// Read reads the section. It returns the policies in the order of the file, those
// with mistakes too.
func Read(d *yamlread.Decoder, v yamlread.Value) []*Policy {
	var list []*Policy
	regexps := 0
	if v.Kind() == yamlread.List {
		d.RefuseType(v, "a mapping of names to policies", `write the name of each policy, such as "app:", in place of its dash`)
		return nil
	}
	for _, e := range refuseFields(d, d.Entries(v)) {
		if !isName(e.Key) {
			d.Refuse(e.At, yamlread.Error{Code: CodeName, Value: e.Key, Why: notAName, Fix: writeAName})
		}
		p := &Policy{Name: e.Key, At: e.At, Fields: map[string]yamlread.Place{}, Entries: map[string][]yamlread.Place{}}
		list = append(list, p)
		if e.Value.Kind() != yamlread.Broken {
			p.read(d, e.Value, &regexps)
		}
	}
	return list
}

// refuseMissing reports that there is no policy, unless other mistakes in the
// section say so already.
func refuseMissing(d *yamlread.Decoder, list []*Policy, sectionPresent bool) {
	if sectionPresent && (len(list) > 0 || d.Mistakes() > 0) {
		return
	}
	d.Refuse(yamlread.Place{Field: Section}, yamlread.Error{
		Code: CodeMissing, Why: "there is no policy",
		Fix: `write one, such as policies: {app: {allow_origins: ["https://app.example.com"]}}`,
	})
}

const (
	notAName   = "it is not a name for a policy"
	writeAName = `write letters, digits, ".", "-" and "_", beginning with a letter or digit`
)

// isName reports whether s is a name for a policy.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		alnum := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alnum && (i == 0 || c != '.' && c != '-' && c != '_') {
			return false
		}
	}
	return s != "" && len(s) <= 100
}

// read reads a policy and checks it. regexps is how many bytes of regular
// expressions the file has so far.
func (p *Policy) read(d *yamlread.Decoder, v yamlread.Value, regexps *int) {
	if !v.IsMapping() {
		d.RefuseMapping(v, "a policy", `write lines such as "allow_origins: [https://app.example.com]"`)
		return
	}
	before := d.Mistakes()
	broken := p.readFields(d, v)
	for _, s := range p.Policy.DangerouslyAllowOriginRegexps {
		if *regexps += len(s); *regexps > maxRegexps {
			p.refuseRegexps(d)
			broken[regexpField] = true
			break
		}
	}
	noOrigin := broken[regexpField] || slices.ContainsFunc(d.Since(before), func(e *yamlread.Error) bool { return e.Code == yamlread.CodeFieldUnknown })
	m, err := cors.New(p.Policy)
	if d.Mistakes() == before {
		p.Middleware = m
	}
	var mistakes cors.ConfigErrors
	errors.As(err, &mistakes)
	for _, m := range mistakes {
		if m.Index < 0 && broken[m.Field] || noOrigin && m.Code == cors.CodeOriginMissing {
			continue // it follows from what has been reported
		}
		p.refuse(d, v.Field, m)
	}
}

// readFields reads the fields of a policy and returns those with mistakes in their
// form.
func (p *Policy) readFields(d *yamlread.Decoder, v yamlread.Value) (broken map[string]bool) {
	broken = map[string]bool{}
	known := yamlread.Fields{}
	for _, f := range fields {
		read := p.reader(d, f)
		known[f.name] = func(v yamlread.Value) {
			before := d.Mistakes()
			read(v)
			broken[f.name] = d.Mistakes() > before
			p.Fields[f.name] = v.Place
		}
	}
	for name := range d.Fields(v, known, false) {
		if _, read := p.Fields[name]; !read { // an alias that leads nowhere
			broken[name] = true
		}
	}
	return broken
}

const regexpField = "dangerously_allow_origin_regexps"

// refuseRegexps drops the regular expressions of a policy and reports that those
// of the file are too long.
func (p *Policy) refuseRegexps(d *yamlread.Decoder) {
	p.Policy.DangerouslyAllowOriginRegexps = nil
	d.Refuse(p.Fields[regexpField], yamlread.Error{
		Code: yamlread.CodeTooLarge, Why: fmt.Sprintf("the regular expressions of the file have more than %d bytes", maxRegexps),
		Fix: "write allow_origins instead",
	})
}

// reader returns what reads a field.
func (p *Policy) reader(d *yamlread.Decoder, f field) func(yamlread.Value) {
	switch to := f.of(&p.Policy).(type) {
	case *[]string:
		return func(v yamlread.Value) {
			var places []yamlread.Place
			d.Texts(to, &places)(v)
			p.Entries[f.name] = places
		}
	case *bool:
		return d.Bool(to)
	case *int:
		return d.Int(to, "204")
	case *string:
		return d.Text(to)
	case *cors.MaxAge:
		return func(v yamlread.Value) { p.readMaxAge(d, v, to) }
	default:
		panic(f.unknownType())
	}
}

// refuse reports what package cors says about a policy, where it is in the file.
func (p *Policy) refuse(d *yamlread.Decoder, path string, m *cors.ConfigError) {
	at, ok := p.Fields[m.Field]
	if entries := p.Entries[m.Field]; m.Index >= 0 && m.Index < len(entries) {
		at = entries[m.Index]
	} else if !ok {
		at = p.At
		at.Field = yamlread.Join(path, m.Field)
	}
	e := yamlread.Error{Value: m.Value, Code: string(m.Code), Why: m.Why, Fix: m.Fix, Err: m}
	if m.Code == cors.CodeMaxAgeRange {
		e.Value = p.MaxAge
	}
	var cause *origin.Error
	if errors.As(m, &cause) {
		e.Reason = string(cause.Code)
	}
	d.Refuse(at, e)
}

// readMaxAge reads a duration or a number of seconds.
func (p *Policy) readMaxAge(d *yamlread.Decoder, v yamlread.Value, to *cors.MaxAge) {
	s, scalar := v.Text()
	p.MaxAge = s
	switch {
	case v.IsUnset():
	case !scalar:
		d.RefuseType(v, "a duration", `write one such as "1h"`)
	case isWhole(s) && len(s) > 9: // more than any bound, and maybe than an int
		*to = cors.CacheFor(math.MaxInt64 / time.Second * time.Second)
	case to.UnmarshalText([]byte(s)) != nil:
		d.RefuseText(v, yamlread.Error{
			Code: yamlread.CodeDurationInvalid, Value: s, Why: "it is not a duration",
			Fix: `write one such as "1h", or a whole number of seconds`,
		})
	}
}

func isWhole(s string) bool {
	return s != "" && strings.Trim(strings.TrimPrefix(s, "-"), "0123456789") == ""
}
