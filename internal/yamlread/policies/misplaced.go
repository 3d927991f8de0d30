package policies

import (
	"fmt"
	"slices"
	"strings"

	"github.com/corsac-dev/corsac/internal/yamlread"
)

// isField reports whether policies have a field of that name.
func isField(name string) bool {
	return slices.ContainsFunc(fields, func(f field) bool { return f.name == name })
}

// Root reads the policies of a file's root, and reports what was meant as policies,
// or as part of one, but stands elsewhere. other reads every other entry; nil ignores
// them. missing reports a file without policies as a mistake.
func Root(d *yamlread.Decoder, root yamlread.Value, other func(yamlread.Entry), missing func(entries []yamlread.Entry) bool) (list []*Policy) {
	entries := d.Entries(root)
	present := slices.ContainsFunc(entries, func(e yamlread.Entry) bool { return e.Key == Section })
	m := misplaced{Decoder: d, present: present, others: other == nil}
	for _, e := range entries {
		switch {
		case e.Key == Section:
			list = Read(d, e.Value)
		case !m.refuse(e) && other != nil:
			other(e)
		}
	}
	if !m.found && (present || missing(entries)) {
		refuseMissing(d, list, present)
	}
	return list
}

// misplaced reports policies that are not in their section.
type misplaced struct {
	*yamlread.Decoder

	present bool // the section is there
	others  bool // other sections are nobody's business
	found   bool // something misplaced has been reported
	field   bool // it was a field
}

// refuse reports an entry of the root that was meant as the section, as a policy or
// as a field of one. ok is false if it was not.
func (m *misplaced) refuse(e yamlread.Entry) (ok bool) {
	switch {
	case strings.HasPrefix(e.Key, "x-"), m.present && m.others:
		return false
	case isField(e.Key) && m.field: // once is enough
	case isField(e.Key):
		m.field = true
		m.Refuse(e.At, yamlread.Error{
			Code: yamlread.CodeFieldUnknown, Why: "it is a field of a policy, and policies have names",
			Fix: `write "policies:" and below it, indented, a name such as "app:", and put it below that`,
		})
	case slices.ContainsFunc(e.Value.Keys(), isField):
		fix := `write "policies:" above it, and indent it by two blanks`
		if m.present {
			fix = `put it below "policies:", indented by two blanks`
		}
		m.Refuse(e.At, yamlread.Error{Code: yamlread.CodeFieldUnknown, Why: "it is a policy outside of policies", Fix: fix})
	case !m.present && yamlread.IsSimilar(e.Key, Section):
		m.RefuseField(e, []string{Section})
	default:
		return false
	}
	m.found = true
	return true
}

// refuseFields reports the first field of a policy that stands in place of a policy,
// and returns the other entries. Those without a value, before such a field, are
// names without their policies, and are left out, too.
func refuseFields(d *yamlread.Decoder, entries []yamlread.Entry) (rest []yamlread.Entry) {
	isMisplaced := func(e yamlread.Entry) bool { return isField(e.Key) && !e.Value.IsMapping() }
	first := slices.IndexFunc(entries, isMisplaced)
	if first < 0 {
		return entries
	}
	fix := `write a name such as "app:" above it, and indent it by two more blanks`
	if first > 0 && entries[first-1].Value.Kind() == yamlread.Empty {
		fix = fmt.Sprintf("indent it by two more blanks, so that it belongs to %s", entries[first-1].Key)
	}
	d.Refuse(entries[first].At, yamlread.Error{Code: CodeName, Why: "it is a field of a policy, where the name of one belongs", Fix: fix})
	return slices.DeleteFunc(entries, func(e yamlread.Entry) bool { return isMisplaced(e) || e.Value.Kind() == yamlread.Empty })
}
