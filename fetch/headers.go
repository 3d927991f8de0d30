package fetch

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/corsac-dev/corsac/internal/bytestr"
)

// Header is one header line, as bytes, without the white space around the
// value. In JSON it is the pair [name, value].
type Header struct {
	// Name is a token; its case is kept. Value may have any bytes; in a
	// request, any but NUL, CR and LF.
	Name, Value string
}

// MarshalJSON writes h as [name, value]. Each byte becomes the code point of
// the same number.
func (h Header) MarshalJSON() ([]byte, error) {
	return json.Marshal([2]string{bytestr.Decode(h.Name), bytestr.Decode(h.Value)})
}

// UnmarshalJSON reads [name, value]. A code point above U+00FF is an error,
// because it does not stand for a byte.
func (h *Header) UnmarshalJSON(b []byte) error {
	var pair []string
	if err := json.Unmarshal(b, &pair); err != nil {
		return fmt.Errorf("header is not [name, value]: %w", err)
	}
	if len(pair) != 2 {
		return fmt.Errorf("header %q is not [name, value]", pair)
	}
	var ok [2]bool
	h.Name, ok[0] = bytestr.Encode(pair[0])
	h.Value, ok[1] = bytestr.Encode(pair[1])
	if !ok[0] || !ok[1] {
		return fmt.Errorf("header %q is not a byte string", pair)
	}
	return nil
}

// Headers are the header lines of a message, in order: a header list of the
// standard (https://fetch.spec.whatwg.org/#concept-header-list). Lines that
// share a name stay apart. All methods ignore the case of ASCII letters in
// names. In JSON it is a list of pairs: [["Vary","Origin"]].
type Headers []Header

// Get returns the values of all lines of that name, without white space around
// them and joined by ", "
// (https://fetch.spec.whatwg.org/#concept-header-list-get). It returns "" if
// there are none; use Has to distinguish an empty value.
func (list Headers) Get(name string) string {
	value, _ := list.get(name)
	return value
}

// Values returns the value of each line of that name as it was sent, in order.
// It returns nil if there are none.
func (list Headers) Values(name string) (values []string) {
	for i := list.index(name, 0); i >= 0; i = list.index(name, i+1) {
		values = append(values, list[i].Value)
	}
	return values
}

// Has reports whether there is a line of that name.
func (list Headers) Has(name string) bool { return list.index(name, 0) >= 0 }

// Del removes all lines of that name, in place.
func (list *Headers) Del(name string) {
	*list = slices.DeleteFunc(*list, func(h Header) bool { return equalFold(h.Name, name) })
}

// index returns the position of the first line of that name at or after from,
// or -1.
func (list Headers) index(name string, from int) int {
	for i := from; i < len(list); i++ {
		if equalFold(list[i].Name, name) {
			return i
		}
	}
	return -1
}

// get is [Headers.Get] and returns the number of lines too.
func (list Headers) get(name string) (value string, lines int) {
	for i := list.index(name, 0); i >= 0; i = list.index(name, i+1) {
		if lines++; lines == 1 {
			value = trimOWS(list[i].Value)
		} else {
			value += ", " + trimOWS(list[i].Value)
		}
	}
	return value, lines
}
