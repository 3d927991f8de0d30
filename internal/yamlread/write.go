package yamlread

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// plain matches strings that every version of YAML reads as themselves without
// quotes, except for some words. It is not compiled at start, where few need it.
var plain = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:[A-Za-z][A-Za-z0-9+.-]*://[A-Za-z0-9.-]+(?::[0-9]+)?)?(?:[A-Za-z/][A-Za-z0-9._/+-]*)?$`)
})

var words = []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}

// WriteText returns text as a YAML value that reads back as the same text, in
// quotes if need be. text is UTF-8.
func WriteText(text string) string {
	if text != "" && plain().MatchString(text) && !slices.Contains(words, strings.ToLower(text)) {
		return text
	}
	return strconv.QuoteToASCII(text) // the escapes of Go are those of YAML
}

// WriteTexts returns texts as a YAML list in one line.
func WriteTexts(texts []string) string {
	items := make([]string, len(texts))
	for i, text := range texts {
		items[i] = WriteText(text)
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// WriteDuration returns a duration as short as it can be written: 1h for what
// [time.Duration] calls 1h0m0s.
func WriteDuration(d time.Duration) string {
	switch {
	case d == 0 || d%time.Second != 0:
		return d.String()
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	default:
		return fmt.Sprintf("%ds", d/time.Second)
	}
}
