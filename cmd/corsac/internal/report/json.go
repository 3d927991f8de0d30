package report

import (
	"encoding/json"
	"io"

	"github.com/corsac-dev/corsac/internal/visible"
)

// JSON prints v, indented, without escaping < and >. Characters that people do
// not see are escaped; see package visible.
func JSON(w io.Writer, v any) error {
	e := NewLines(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// NewLines returns an encoder of JSON Lines that escapes as [JSON] does.
func NewLines(w io.Writer) *json.Encoder {
	e := json.NewEncoder(visible.JSON(w))
	e.SetEscapeHTML(false)
	return e
}
