package policies

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cors"
	"github.com/corsac-dev/corsac/internal/yamlread"
)

// field is a field of [cors.Policy] as a file has it. There is no other list of
// them: a file has those that the policy's JSON form has, in the same order.
type field struct {
	name  string
	index int // in the struct
}

var fields = func() (list []field) {
	typ := reflect.TypeFor[cors.Policy]()
	for i := range typ.NumField() {
		name, _, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		if name != "" && name != "-" {
			list = append(list, field{name, i})
		}
	}
	return list
}()

// of returns a pointer to the field of a policy: of type *[]string, *bool, *int,
// *string or *[cors.MaxAge].
func (f field) of(p *cors.Policy) any {
	return reflect.ValueOf(p).Elem().Field(f.index).Addr().Interface()
}

// write returns the value of the field as YAML in one line. set is false if it has
// none.
func (f field) write(p *cors.Policy) (text string, set bool) {
	switch v := f.of(p).(type) {
	case *[]string:
		return yamlread.WriteTexts(*v), len(*v) > 0
	case *bool:
		return strconv.FormatBool(*v), *v
	case *int:
		return strconv.Itoa(*v), *v != 0
	case *string:
		return yamlread.WriteText(*v), *v != ""
	case *cors.MaxAge:
		d, set := v.Duration()
		return yamlread.WriteDuration(d), set
	default:
		panic(f.unknownType())
	}
}

// unknownType is what the code panics with, in its first test, when cors.Policy gets
// a field of a new type.
func (f field) unknownType() string {
	return fmt.Sprintf("files cannot have the type of the field %s of cors.Policy", f.name)
}
