package report

import (
	"encoding/json"
	"io"
)

// JSON prints v, indented, with < and > as they are.
func JSON(w io.Writer, v any) error {
	e := NewLines(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// NewLines returns an encoder of JSON Lines, with < and > as they are.
func NewLines(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}
