package cause

import (
	"strings"

	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = add(func() *Cause {
	return mismatch(&Cause{
		Slug:    "acao-unset-variable",
		Title:   "Access-Control-Allow-Origin has no origin in it: {value}",
		When:    "Access-Control-Allow-Origin is empty, or what programs write for a value that is not set.",
		Why:     "The server's configuration names a variable that is not set there.",
		Fix:     "Set the variable to {sent} where the server runs. Let the server refuse to start without it.",
		applies: func(s *scene) bool { return s.isOneValue() && isUnset(s.answer(protocol.AllowOrigin)) },
	}, "undefined")
})

// isUnset reports whether a value is what programs write for one that is not set,
// or a variable that was not replaced.
func isUnset(value string) bool {
	switch strings.ToLower(value) {
	case "", "undefined", "(null)", "none", "nil", "<nil>", "false", "true", "nan", "[object object]":
		return true
	}
	for _, start := range []string{"$", "{{", "%", "<%", "process.env"} {
		if strings.HasPrefix(value, start) {
			return true
		}
	}
	return false
}
