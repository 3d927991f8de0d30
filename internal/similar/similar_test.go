package similar

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	known := []string{"url", "method", "headers", "read_headers"}
	for name, want := range map[string]string{
		"methdo": "method", "metod": "method", "mehtod": "method", "methods": "method", "header": "headers", "ulr": "url",
		"method": "method", "METHOD": "", "m": "", "": "", "verb": "", "readheaders": "read_headers",
		strings.Repeat("m", maxName+1): "",
	} {
		if got := Nearest(name, known, nil); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if got := Nearest("METHOD", known, strings.ToLower); got != "method" {
		t.Errorf("folded: %q", got)
	}
}
