package yamlread

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Fields are those that a mapping may have, each with what reads it.
type Fields map[string]func(Value)

// Fields reads the fields of a mapping. It reports those that are not known,
// except those that begin with "x-" if extensions is set. It returns where the
// names of the known ones are. A field whose value is broken is there but not
// read.
func (d *Decoder) Fields(v Value, known Fields, extensions bool) (present map[string]Place) {
	present = map[string]Place{}
	for _, e := range d.Entries(v) {
		read, ok := known[e.Key]
		switch {
		case !ok && extensions && strings.HasPrefix(e.Key, "x-"):
		case !ok:
			d.RefuseField(e, slices.Sorted(maps.Keys(known)))
		default:
			present[e.Key] = e.At
			if e.Value.Kind() != Broken {
				read(e.Value)
			}
		}
	}
	return present
}

// RefuseField reports a field that does not exist, and which of the known ones
// may be meant.
func (d *Decoder) RefuseField(e Entry, known []string) {
	d.Refuse(e.At, Error{
		Code: CodeFieldUnknown, Why: "there is no such field", Fix: Suggest(e.Key, known, "the fields here are"),
	})
}

// Text reads a string.
func (d *Decoder) Text(to *string) func(Value) {
	return func(v Value) {
		s, scalar := v.Text()
		switch {
		case v.IsUnset():
		case v.Kind() == Text:
			if e, ok := unread(s); ok {
				d.Refuse(v.Place, e)
				return
			}
			*to = s
		case scalar:
			d.RefuseType(v, "text", fmt.Sprintf("write %q in quotes", s))
		default:
			d.RefuseType(v, "text", "")
		}
	}
}

// Texts reads a list of strings, and where each of them is.
func (d *Decoder) Texts(to *[]string, at *[]Place) func(Value) {
	return func(v Value) {
		fix := ""
		if s, scalar := v.Text(); scalar {
			fix = asList(s)
		}
		for _, item := range d.Items(v, "a list", fix) {
			d.appendText(item, to, at)
		}
	}
}

func (d *Decoder) appendText(v Value, to *[]string, at *[]Place) {
	var s string
	switch v.Kind() {
	case Broken:
		return
	case Empty, Null:
		// The origin null, written without quotes. Nothing else of that name
		// makes sense in a list, as package cors will say.
		if s, _ = v.Text(); s != "null" {
			d.RefuseType(v, "text", "drop the entry, or write what belongs there")
			return
		}
	default:
		if s, _ = v.Text(); v.isPlain() && strings.Contains(s, " - ") {
			at := v.Place // the parser's, of the last line
			at.Column = indentOf(d.line(at.Line)) + 1
			d.Refuse(at, Error{Code: CodeFieldType, Value: s, Why: deeperDash, Fix: "begin each dash in the same column"})
			return
		}
		before := d.mistakes
		if d.Text(&s)(v); d.mistakes > before {
			return
		}
	}
	*to, *at = append(*to, s), append(*at, v.Place)
}

// Items returns the items of a list, broken ones included; null has none. A value
// of another type is reported as not being what want says, with what to write
// instead.
func (d *Decoder) Items(v Value, want, fix string) (items []Value) {
	nodes, ok := v.sequence()
	if !ok && !v.IsUnset() {
		d.RefuseType(v, want, fix)
	}
	for i, n := range nodes {
		items = append(items, d.resolve(fmt.Sprintf("%s[%d]", v.Field, i), n))
	}
	return items
}

// Bool reads true or false.
func (d *Decoder) Bool(to *bool) func(Value) {
	return func(v Value) {
		is, ok := v.boolean()
		switch {
		case v.IsUnset():
		case ok:
			*to = is
		default:
			s, _ := v.Text()
			fix := "write true or false"
			switch strings.ToLower(s) {
			case "yes", "on", "1", "true":
				fix = "write true"
			case "no", "off", "0", "false":
				fix = "write false"
			}
			d.RefuseType(v, "true or false", fix)
		}
	}
}

// Int reads a whole number. If it is not one, the mistake says to write one such
// as example.
func (d *Decoder) Int(to *int, example string) func(Value) {
	return func(v Value) {
		if v.IsUnset() {
			return
		}
		s, _ := v.Text()
		n, err := strconv.Atoi(s)
		if v.Kind() != Number || err != nil {
			d.RefuseType(v, "a whole number", "write one such as "+example)
			return
		}
		*to = n
	}
}

// Duration reads a duration such as 30s, or a number of seconds. It must be
// longer than nothing.
func (d *Decoder) Duration(to *time.Duration) func(Value) {
	return func(v Value) {
		if v.IsUnset() {
			return
		}
		s, scalar := v.Text()
		n, err := strconv.ParseInt(s, 10, 32)
		got := time.Duration(n) * time.Second
		if err != nil {
			got, err = time.ParseDuration(s)
		}
		switch {
		case !scalar:
			d.RefuseType(v, "a duration", `write one such as "30s"`)
		case err != nil:
			d.RefuseText(v, Error{Code: CodeDurationInvalid, Value: s, Why: "it is not a duration", Fix: `write one such as "30s" or "2m"`})
		case got <= 0:
			d.Refuse(v.Place, Error{Code: CodeDurationInvalid, Value: s, Why: "it must be longer than nothing", Fix: `write one such as "30s" or "2m"`})
		default:
			*to = got
		}
	}
}
