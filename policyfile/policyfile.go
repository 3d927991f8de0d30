package policyfile

import (
	"errors"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/yamlread"
	"github.com/corsac-dev/corsac/internal/yamlread/policies"
)

// MaxSize is the size in bytes of the largest file that [Parse] reads: 1 MiB. Who
// reads files from elsewhere can stop reading after one byte more.
const MaxSize = yamlread.MaxSize

// Parse returns the policies of a corsac.yaml, by name. There is at least one, and
// [cors.New] accepts each of them. If anything is wrong with the policies, or with
// the file as YAML, the error is of type [Errors] and names every mistake.
//
// Parse does not read the file's other sections.
func Parse(data []byte) (map[string]cors.Policy, error) {
	var list []*policies.Policy
	err := yamlread.Parse("", data, func(d *yamlread.Decoder, root yamlread.Value) {
		list = policies.Root(d, root, nil, func([]yamlread.Entry) bool { return true })
	})
	var mistakes yamlread.Errors
	if errors.As(err, &mistakes) {
		return nil, errorsOf(mistakes)
	}
	parsed := make(map[string]cors.Policy, len(list))
	for _, p := range list {
		parsed[p.Name] = p.Policy
	}
	return parsed, nil
}

// Marshal returns policies as a file that [Parse] reads as the same policies. They
// are in the order of their names; fields that are not set and empty lists are not
// written. The error says what a file cannot have: no policy at all, a malformed
// name, a policy with an AllowOriginFunc, and what [cors.New] refuses, as
// [cors.ConfigErrors].
func Marshal(byName map[string]cors.Policy) ([]byte, error) {
	return policies.Marshal(byName)
}

// Line returns a line of a policy that gives a field its values, for advice on
// what to change:
//
//	allow_origins: [https://app.example.com]
//
// The line is not indented. A field that is not a list has one value, written as
// in a file, such as true or 1h. The error is about the name of the field and the
// number and form of the values; whether a policy permits them is not checked.
func Line(field string, values ...string) (string, error) {
	return policies.Line(field, values...)
}
