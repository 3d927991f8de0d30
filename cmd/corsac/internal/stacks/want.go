package stacks

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/policyfile"
)

// ErrNotHere is the error of a project that does not use the stack, as far as its
// files show.
var ErrNotHere = errors.New("the project does not show where")

// Want is what a change is to achieve. What it does not mention stays as it is,
// if a file says it, and is not set otherwise.
type Want struct {
	// Set has the fields of corsac.yaml that are asked for, each with all of its
	// values.
	Set map[string][]string
	// Add has values that are to be allowed besides what is there.
	Add map[string][]string
	// Path is the prefix of the paths that it applies to, in whole segments; "" for all.
	Path string
}

// Mentions reports whether a field is asked for.
func (w *Want) Mentions(field string) bool { return len(w.Add[field]) > 0 || w.Sets(field) }

// Sets reports whether all values of a field are asked for.
func (w *Want) Sets(field string) bool { _, ok := w.Set[field]; return ok }

// OnlyAdds reports whether something is to be allowed besides what is there, such as
// a request that failed, so that nothing is to be taken away.
func (w *Want) OnlyAdds() bool { return len(w.Set) == 0 && len(w.Add) > 0 }

// Values returns the values that a field is to have: those that are set, or those
// of the draft that somebody wrote; and those to be added.
func (w *Want) Values(field string, d *Draft) (values []string) {
	if w.Sets(field) {
		values = slices.Clone(w.Set[field])
	} else if !w.replaces(field) {
		for _, e := range d.Entries {
			if e.Field == field && !e.Default {
				values = append(values, e.Value)
			}
		}
	}
	for _, v := range w.Add[field] {
		if !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	if !w.Sets(field) && len(w.Add[field]) > 0 && slices.Contains(values, "*") {
		return w.besideAll(field, values, d)
	}
	return values
}

// besideAll returns the values of a field to which something is added, although it
// had * already. With credentials, * does not do what it says, so that what is
// added takes its place; else it covers what is added, except that * does not
// cover Authorization among the request headers.
func (w *Want) besideAll(field string, values []string, d *Draft) []string {
	if field != "allow_credentials" && len(w.Values("allow_credentials", d)) > 0 {
		return slices.DeleteFunc(values, func(v string) bool { return v == "*" })
	}
	return slices.DeleteFunc(values, func(v string) bool {
		return v != "*" && !(field == "allow_headers" && strings.EqualFold(v, "Authorization"))
	})
}

// gone returns what somebody allowed in a draft and what is not to be allowed any
// longer, in words.
func (w *Want) gone(d *Draft) []string { return w.goneFrom(d, d) }

// goneFrom returns what somebody allowed in one draft and what is not to be allowed
// in the place of another.
func (w *Want) goneFrom(before, d *Draft) (list []string) {
	others := map[string]string{"allow_origins": "every other origin", "allow_methods": "every other method", "allow_headers": "every other request header"}
	for _, e := range before.Entries {
		other, ok := others[e.Field]
		if !ok && e.Field != "dangerously_allow_origin_regexps" || e.Default && e.Field != "allow_origins" || e.Value == "OPTIONS" ||
			slices.ContainsFunc(w.Values(e.Field, d), func(v string) bool { return strings.EqualFold(v, e.Value) }) {
			continue
		}
		if e.Value != "*" {
			other = e.Value
		}
		if !slices.Contains(list, other) {
			list = append(list, other)
		}
	}
	return list
}

// replaces reports whether a field is about the origins, all of which are asked
// for under another name.
func (w *Want) replaces(field string) bool {
	return strings.HasPrefix(field, "dangerously_") && w.Sets("allow_origins")
}

// Policy returns the policy that there is to be in the place of a draft, which is
// empty where nothing is yet. The error says why that is not a valid policy.
func (w *Want) Policy(d *Draft) (*cors.Policy, error) {
	p, err := policyOf(func(field string) []string { return w.Values(field, d) })
	var mistakes policyfile.Errors
	if errors.As(err, &mistakes) {
		return nil, wantErrors{mistakes}
	}
	return p, err
}

// wantErrors are the mistakes in a policy that is in no file. Their text has no
// places.
type wantErrors struct{ policyfile.Errors }

func (e wantErrors) Error() string {
	lines := make([]string, len(e.Errors))
	for i, m := range e.Errors {
		lines[i] = m.Error()
		if about := (*cors.ConfigError)(nil); errors.As(m, &about) {
			field := about.Field
			if about.Index >= 0 {
				field = fmt.Sprintf("%s[%d]", field, about.Index)
			}
			lines[i] = (&policyfile.Error{Field: field, Value: about.Value, Why: about.Why, Fix: about.Fix}).Error()
		}
	}
	return strings.Join(lines, "\n")
}

// Unwrap returns the mistakes with their places.
func (e wantErrors) Unwrap() error { return e.Errors }

// Policy returns the policy of the entries, defaults included. The error says why
// it is not a valid one.
func (d *Draft) Policy() (*cors.Policy, error) {
	if d.known != nil {
		return d.known.policy(d.Entries)
	}
	return d.policy()
}

// knownPolicies are the policies of drafts, by their entries.
type knownPolicies map[string]knownPolicy

type knownPolicy struct {
	policy cors.Policy
	err    error
}

// policy returns the policy of entries, which is worked out once.
func (k knownPolicies) policy(entries []Entry) (*cors.Policy, error) {
	var key strings.Builder
	for i := range entries {
		key.WriteString(entries[i].Field + " " + strconv.Quote(entries[i].Value) + "\n")
	}
	found, ok := k[key.String()]
	if !ok {
		p, err := (&Draft{Entries: entries}).policy()
		if found.err = err; err == nil {
			found.policy = *p
		}
		k[key.String()] = found
	}
	return &found.policy, found.err
}

func (d *Draft) policy() (*cors.Policy, error) {
	return policyOf(func(field string) (values []string) {
		for _, e := range d.Entries {
			if e.Field == field {
				values = append(values, e.Value)
			}
		}
		return values
	})
}

// policyOf reads a policy from the values of its fields.
func policyOf(values func(field string) []string) (*cors.Policy, error) {
	var b strings.Builder
	b.WriteString("policies:\n  app:\n")
	for _, field := range Fields {
		list := values(field)
		if len(list) == 0 {
			continue
		}
		line, err := policyfile.Line(field, list...)
		if err != nil {
			return nil, err
		}
		b.WriteString("    " + line + "\n")
	}
	byName, err := policyfile.Parse([]byte(b.String()))
	if err != nil {
		return nil, err
	}
	p := byName["app"]
	return &p, nil
}

// Fields are the settings that files can have, in the order of corsac.yaml.
var Fields = []string{
	"allow_origins", "dangerously_allow_origin_regexps", "allow_methods", "allow_headers", "expose_headers",
	"allow_credentials", "max_age", "preflight_status", "allow_timing", "resource_policy",
	"dangerously_allow_null_origin", "dangerously_allow_insecure_origins_with_credentials", "dangerously_allow_public_suffixes_with_credentials",
}

// missing returns the settings without which no policy has what is in a draft, the
// fewest; nil if it needs none, or if they do not help.
func (d *Draft) missing() []string {
	names := Fields[slices.Index(Fields, "dangerously_allow_null_origin"):]
	with := func(on []string) bool {
		more := Draft{Entries: slices.Clone(d.Entries), known: d.known}
		for _, name := range on {
			more.Entries = append(more.Entries, Entry{Field: name, Value: "true"})
		}
		_, err := more.Policy()
		return err == nil
	}
	if len(d.Entries) == 0 || with(nil) || !with(names) {
		return nil
	}
	needed := slices.Clone(names)
	for _, name := range names {
		if less := slices.DeleteFunc(slices.Clone(needed), func(s string) bool { return s == name }); with(less) {
			needed = less
		}
	}
	return needed
}

// flags adds to the draft of a site the settings that a policy needs for what is
// there.
func (s *Site) flags() {
	needed := s.Draft.missing()
	if len(needed) == 0 {
		return
	}
	first := s.Draft.Entries[0]
	for _, name := range needed {
		s.Draft.Entries = append(s.Draft.Entries, Entry{Field: name, Value: "true", File: first.File, Span: first.Span})
		s.Draft.Remarks = append(s.Draft.Remarks, Remark{Differs, name, "The origins need " + name + ": what is there is not safe.", first.File, first.Span})
	}
}

// Sort puts the entries in the order of the fields.
func (d *Draft) Sort() {
	slices.SortStableFunc(d.Entries, func(a, b Entry) int {
		return cmp.Compare(slices.Index(Fields, a.Field), slices.Index(Fields, b.Field))
	})
}
