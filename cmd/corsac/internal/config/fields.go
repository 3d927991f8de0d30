package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// fields are what a mapping may have, each with what reads it.
type fields map[string]func(value)

// read reads the fields of a mapping and reports those that do not exist. Null
// stands for a field that is not there.
func (d *decoder) read(v value, known fields, extensions bool) (present map[string]place) {
	present = map[string]place{}
	list, _ := d.entries(v)
	for _, e := range list {
		read, ok := known[e.key]
		switch {
		case !ok && extensions && strings.HasPrefix(e.key, "x-"):
		case !ok:
			d.refuseField(e, slices.Sorted(maps.Keys(known)))
		case e.value.node != nil:
			present[e.key] = e.at
			read(e.value)
		default:
			present[e.key] = e.at // and broken
		}
	}
	return present
}

func (d *decoder) refuseField(e entry, known []string) {
	err := Error{Code: CodeFieldUnknown, Why: "there is no such field"}
	if similar := mostSimilar(e.key, known); similar != "" {
		err.Fix = fmt.Sprintf("did you mean %s?", similar)
	} else {
		harmless := slices.DeleteFunc(known, func(name string) bool { return strings.HasPrefix(name, "dangerously_") })
		err.Fix = "the fields here are " + strings.Join(harmless, ", ")
	}
	d.refuse(e.at, err)
}

// text reads a string.
func (d *decoder) text(to *string) func(value) {
	return func(v value) {
		switch v.node.(type) {
		case *ast.StringNode, *ast.LiteralNode:
			*to, _ = scalarText(v.node)
		case *ast.NullNode:
		default:
			s, scalar := scalarText(v.node)
			if !scalar {
				d.refuseType(v, "text")
				return
			}
			d.refuseType(v, "text", fmt.Sprintf("write %q in quotes", s))
		}
	}
}

// texts reads a list of strings, and where they are.
func (d *decoder) texts(to *[]string, at *[]place) func(value) {
	return func(v value) {
		switch n := v.node.(type) {
		case *ast.SequenceNode:
			for i, item := range n.Values {
				d.appendText(d.resolve(fmt.Sprintf("%s[%d]", v.field, i), item), to, at)
			}
		case *ast.NullNode:
		default:
			if s, scalar := scalarText(v.node); scalar {
				d.refuseType(v, "a list", "write ["+strconv.Quote(s)+"]")
				return
			}
			d.refuseType(v, "a list")
		}
	}
}

func (d *decoder) appendText(v value, to *[]string, at *[]place) {
	var s string
	switch n := v.node.(type) {
	case nil:
		return
	case *ast.NullNode:
		// The origin null, written without quotes. Nothing else of that name
		// makes sense in a list, as package cors will say.
		s, _ = scalarText(n)
		if s != "null" {
			d.refuseType(v, "text", "drop the entry, or write what belongs there")
			return
		}
	default:
		errs := len(d.errs)
		if d.text(&s)(v); len(d.errs) > errs {
			return
		}
	}
	*to, *at = append(*to, s), append(*at, v.place)
}

// truth reads true or false.
func (d *decoder) truth(to *bool) func(value) {
	return func(v value) {
		switch n := v.node.(type) {
		case *ast.BoolNode:
			*to = n.Value
		case *ast.NullNode:
		default:
			s, _ := scalarText(v.node)
			fix := "write true or false"
			switch strings.ToLower(s) {
			case "yes", "on", "1", "true":
				fix = "write true"
			case "no", "off", "0", "false":
				fix = "write false"
			}
			d.refuseType(v, "true or false", fix)
		}
	}
}

// number reads a whole number.
func (d *decoder) number(to *int, like string) func(value) {
	return func(v value) {
		s, _ := scalarText(v.node)
		switch v.node.(type) {
		case *ast.NullNode:
			return
		case *ast.IntegerNode:
			if n, err := strconv.Atoi(s); err == nil {
				*to = n
				return
			}
		}
		d.refuseType(v, "a whole number", "write one such as "+like)
	}
}

// duration reads a duration such as 30s, or a number of seconds.
func (d *decoder) duration(to *time.Duration) func(value) {
	return func(v value) {
		s, scalar := scalarText(v.node)
		if _, null := v.node.(*ast.NullNode); null {
			return
		}
		n, err := strconv.ParseInt(s, 10, 32)
		got := time.Duration(n) * time.Second
		if err != nil {
			got, err = time.ParseDuration(s)
		}
		switch {
		case !scalar:
			d.refuseType(v, "a duration", `write one such as "30s"`)
		case err != nil:
			d.refuse(v.place, Error{Code: CodeDurationInvalid, Value: s, Why: "it is not a duration", Fix: `write one such as "30s" or "2m"`})
		case got <= 0:
			d.refuse(v.place, Error{Code: CodeDurationInvalid, Value: s, Why: "it must be longer than nothing", Fix: `write one such as "30s" or "2m"`})
		default:
			*to = got
		}
	}
}
