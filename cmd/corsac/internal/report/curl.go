package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/check"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/verdict"
)

// maxWord is the length of the longest body that is put on a command line.
const maxWord = 8 << 10

// Curl returns commands that send the requests of a verdict on c again, with
// the same header lines except those that curl adds by itself.
func Curl(c *check.Case, v *verdict.Verdict) []string {
	commands := make([]string, len(v.Wire))
	for i := range v.Wire {
		commands[i] = curl(c, &v.Wire[i])
	}
	return commands
}

func curl(c *check.Case, w *verdict.Wire) string {
	words := append([]string{"curl", "-i"}, curlSettings(&c.Servers)...)
	switch w.Method {
	case "GET":
	case "HEAD":
		words = append(words, "-I")
	default:
		words = append(words, "-X", w.Method)
	}
	typed := false
	for _, h := range w.Headers {
		switch strings.ToLower(h.Name) {
		case "host", "connection", "content-length", "sec-websocket-key":
			continue
		case "content-type":
			typed = true
		}
		words = append(words, "-H", curlHeader(h))
	}
	input := ""
	if hasBody(c, w) {
		var body []string
		body, input = curlBody(c.Body)
		words = append(words, body...)
		if !typed {
			words = append(words, "-H", "Content-Type:")
		}
	}
	if strings.ContainsAny(w.URL, "[]{}") {
		words = append(words, "-g")
	}
	return input + shell.Join(append(words, w.URL))
}

// hasBody reports whether a request was sent with the body. A redirect that
// drops the body makes the method GET.
func hasBody(c *check.Case, w *verdict.Wire) bool {
	return c.Request.Body != nil && w.Kind == fetch.KindActual && w.Method != "GET" && w.Method != "HEAD"
}

// curlSettings returns the options for how the server is reached.
func curlSettings(s *probe.Settings) (words []string) {
	if s.Insecure {
		words = append(words, "-k")
	}
	if s.HTTP1 {
		words = append(words, "--http1.1")
	}
	if s.HTTP2 {
		words = append(words, "--http2")
	}
	if s.CAFile != "" {
		words = append(words, "--cacert", s.CAFile)
	}
	for _, m := range s.ConnectTo {
		words = append(words, "--connect-to", m)
	}
	for _, m := range s.Resolve {
		words = append(words, "--resolve", m)
	}
	return words
}

// curlBody returns the options for a body. If the body cannot be put on a
// command line, because it is long or not text, input is what goes before the
// command.
func curlBody(body []byte) (words []string, input string) {
	switch {
	case len(body) > maxWord && len(bytes.Trim(body, string(check.Filler))) == 0:
		return []string{"--data-binary", "@-"}, fmt.Sprintf(`head -c %d /dev/zero | tr '\0' %c | `, len(body), check.Filler)
	case len(body) > maxWord || shell.NeedsEscape(string(body)):
		return []string{"--data-binary", "@-"}, "printf %s " + base64.StdEncoding.EncodeToString(body) + " | base64 -d | "
	}
	return []string{"--data-raw", string(body)}, ""
}

func curlHeader(h fetch.Header) string {
	if h.Value == "" {
		return h.Name + ";"
	}
	return h.Name + ": " + h.Value
}
