package report

import (
	"encoding/json"
	"io"
)

// JSON prints v, indented, without escaping < and >.
func JSON(w io.Writer, v any) error {
	e := NewLines(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// NewLines returns an encoder of JSON Lines that does not escape < and >.
func NewLines(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}
