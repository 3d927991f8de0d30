package gateway

import (
	"fmt"
	"log/slog"
	"strings"
)

// maxLogged bounds a text from outside in the log, in bytes.
const maxLogged = 512

// outside returns an attribute for the log with a text that somebody else has
// chosen: a client, or an upstream by way of an error. Long texts are cut.
func outside(key, text string) slog.Attr {
	if len(text) > maxLogged {
		text = fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(text[:maxLogged], ""), len(text))
	}
	return slog.String(key, text)
}
