package lint_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/fix"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/importer"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/lint"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// longTime is far more than any file takes, and far less than one did whose time grew
// with the square of its size.
const longTime = time.Minute

// TestLong reads files of a megabyte that say the same many times, also on one line.
func TestLong(t *testing.T) {
	testenv.OneGoroutine(t)
	const header = "add_header Access-Control-Allow-Origin"
	for name, x := range map[string]struct{ file, before, each, after string }{
		"locations, a line": {"nginx.conf", "http { server { " + header + " *;", "location /aaa%[1]d { error_page 500 /e%[1]d; proxy_pass http://a; }", "} }\n"},
		"sites, a line":     {"nginx.conf", "http { server {", "location /aaaa%d { " + header + " https://a; proxy_pass http://b; }", "} }\n"},
		"ifs":               {"nginx.conf", "http { server { location / {\n", `if ($http_origin = "https://a%d") { ` + header + " $http_origin; }\n", "} } }\n"},
		"calls, a line":     {"app.js", "const cors = require('cors'); const app = require('express')();", "app.use(cors()); /* %d */", "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var text strings.Builder
			text.WriteString(x.before)
			for i := 0; text.Len() < source.MaxFile-1000; i++ {
				fmt.Fprintf(&text, x.each, i)
			}
			text.WriteString(x.after)
			done := make(chan struct{})
			start := time.Now()
			go func() {
				defer close(done)
				tree := source.Memory(&source.File{Name: x.file, Text: text.String()})
				fix.Safe(lint.Run(tree, &lint.Options{}).Sites, nil)
				_ = importer.New(importer.Sites(tree, nil)).File()
			}()
			select {
			case <-done:
				t.Log(time.Since(start))
			case <-time.After(longTime):
				t.Fatalf("%d bytes take more than %v", text.Len(), longTime)
			}
		})
	}
}
