package check

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/mask"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/fetch"
)

// maxCommandBody is the longest body that is put into a command, in bytes.
const maxCommandBody = 200

// Placeholder stands for secrets in commands. It goes where they go, so that the
// command runs as it is.
const Placeholder = "TOKEN"

// Command returns the command line that checks the case again at a URL, its own or
// where a redirect leads to. It has
// [Placeholder] for the values of headers that carry secrets; cookies and long
// bodies are left to fill in.
func (c *Case) Command(url, origin string) string {
	r := c.Request
	words := []string{"corsac", "check", url, "--origin", origin}
	if r.Method != "" && !(r.Method == "GET" || r.Method == "POST" && r.Body != nil) {
		words = append(words, "-X", r.Method)
	}
	for _, h := range r.Headers {
		words = append(words, "-H", h.Name+": "+shownValue(h))
	}
	for _, name := range c.ReadHeaders {
		words = append(words, "--read-header", name)
	}
	switch {
	case r.Body == nil:
	case len(c.Body) > maxCommandBody || r.Body.Kind == fetch.BodyFormData:
		words = append(words, "-d", "@FILE")
	default:
		words = append(words, "-d", string(c.Body))
	}
	for _, option := range [][2]string{
		{"--credentials", string(r.Credentials)}, {"--mode", string(r.Mode)}, {"--redirect", r.Redirect},
	} {
		if option[1] != "" && option[1] != "follow" && option[1] != "cors" {
			words = append(words, option[0], option[1])
		}
	}
	if d := string(r.Destination); d != "" && d != "fetch" {
		words = append(words, "--destination", d)
	}
	return shell.Join(append(words, serverOptions(&c.Servers)...))
}

// shownValue is the value of a header, without one that is a secret.
func shownValue(h fetch.Header) string {
	if !mask.IsSecretHeader(strings.ToLower(h.Name)) {
		return h.Value
	}
	for _, scheme := range []string{"Bearer ", "Basic "} {
		if len(h.Value) >= len(scheme) && strings.EqualFold(h.Value[:len(scheme)], scheme) {
			return scheme + Placeholder
		}
	}
	return Placeholder
}

// serverOptions are the options for how servers are reached.
func serverOptions(s *probe.Settings) (words []string) {
	if s.Insecure {
		words = append(words, "-k")
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
