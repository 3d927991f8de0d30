package policies

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/yamlread"
)

// Marshal returns policies as the policies section of a file, in the order of
// their names, with the fields in the order of [cors.Policy]. [Read] reads the same
// policies from it, empty lists apart, which are not written. The error names
// everything that no file can have: no policy, a malformed name, an
// AllowOriginFunc, and what [cors.New] refuses.
func Marshal(policies map[string]cors.Policy) ([]byte, error) {
	if len(policies) == 0 {
		return nil, errors.New("there is no policy to write")
	}
	var b strings.Builder
	var errs []error
	b.WriteString("policies:\n")
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		p := policies[name]
		if err := check(name, p); err != nil {
			errs = append(errs, err)
			continue
		}
		fmt.Fprintf(&b, "  %s:\n", yamlread.WriteText(name))
		for _, f := range fields {
			f.writeTo(&b, &p)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return []byte(b.String()), nil
}

// check returns why no file can have a policy, or nil.
func check(name string, p cors.Policy) error {
	if !isName(name) {
		return fmt.Errorf("policy %q: %s; %s", name, notAName, writeAName)
	}
	if p.AllowOriginFunc != nil {
		return fmt.Errorf("policy %q: a file cannot have AllowOriginFunc; list the origins, or leave the policy in Go", name)
	}
	if _, err := cors.New(p); err != nil {
		return fmt.Errorf("policy %q: %w", name, err)
	}
	return nil
}

// writeTo writes the field of a policy if it is set: in one line, or a long list
// in a line for each entry.
func (f field) writeTo(b *strings.Builder, p *cors.Policy) {
	const widest = 82
	text, set := f.write(p)
	list, isList := f.of(p).(*[]string)
	switch {
	case !set:
	case !isList || len(text) <= widest:
		fmt.Fprintf(b, "    %s: %s\n", f.name, text)
	default:
		fmt.Fprintf(b, "    %s:\n", f.name)
		for _, entry := range *list {
			fmt.Fprintf(b, "      - %s\n", yamlread.WriteText(entry))
		}
	}
}

// Line returns the line of a file that gives a field of a policy its values, such
// as
//
//	allow_origins: [https://app.example.com]
//
// without indentation. A field that is not a list has one value, written as in a
// file, such as true or 1h. The error says what is wrong with the name or the
// number or form of the values; what a policy permits is not checked.
func Line(name string, values ...string) (string, error) {
	i := slices.IndexFunc(fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return "", fmt.Errorf("a policy has no field %q; %s", name, yamlread.Suggest(name, names(), "the fields are"))
	}
	var p cors.Policy
	to := fields[i].of(&p)
	if list, ok := to.(*[]string); ok {
		*list = values
	} else if len(values) != 1 {
		return "", fmt.Errorf("%s has one value, not %d", name, len(values))
	} else if err := set(to, values[0]); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	text, _ := fields[i].write(&p)
	return name + ": " + text, nil
}

// set gives a field that is not a list its value.
func set(to any, value string) (err error) {
	switch to := to.(type) {
	case *string:
		*to = value
	case *cors.MaxAge:
		if value == "" {
			return errors.New(`"" is not a duration; write one such as "1h"`)
		}
		err = to.UnmarshalText([]byte(value))
	case *bool:
		if *to = value == "true"; !*to && value != "false" {
			return fmt.Errorf("%q is neither true nor false", value)
		}
	case *int:
		if *to, err = strconv.Atoi(value); err != nil {
			return fmt.Errorf("%q is not a whole number", value)
		}
	}
	return err
}

func names() []string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = f.name
	}
	return list
}
