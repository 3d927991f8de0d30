package check

import (
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/mask"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/probe"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/internal/weburl"
)

// maxCommandBody is the longest body that is put into a command, in bytes.
const maxCommandBody = 200

// Placeholder stands for secrets in commands. It goes where they go, so that the
// command runs as it is.
const Placeholder = "TOKEN"

// words are those of the command line that checks the case again at a URL, its own
// or where a redirect leads to, without the options for browsers and servers.
func (c *Case) words(url, origin string) []string {
	r := c.Request
	words := append([]string{"corsac", "check", url}, c.from(origin)...)
	if r.Method != "" && !(r.Method == "GET" || r.Method == "POST" && r.Body != nil) {
		words = append(words, "-X", r.Method)
	}
	for _, h := range r.Headers {
		words = append(words, "-H", h.Name+": "+shownValue(h))
	}
	switch {
	case r.Body == nil:
	case len(c.Body) > maxCommandBody || r.Body.Kind == fetch.BodyFormData:
		words = append(words, "-d", "@FILE")
	default:
		words = append(words, "-d", string(c.Body))
	}
	for _, option := range [][2]string{
		{"--credentials", string(r.Credentials)}, {"--mode", string(r.Mode)}, {"--redirect", r.Redirect}, {"--referrer-policy", r.ReferrerPolicy},
	} {
		if option[1] != "" && option[1] != "follow" && option[1] != "cors" {
			words = append(words, option[0], option[1])
		}
	}
	if d := string(r.Destination); d != "" && d != "fetch" {
		words = append(words, "--destination", d)
	}
	for _, value := range c.Cookies {
		words = append(words, "--cookie", shownCookie(value))
	}
	for _, name := range c.ReadHeaders {
		words = append(words, "--read-header", name)
	}
	return words
}

// from are the words for a page of an origin. A page that was loaded has policies of
// its own, on which the verdict depends.
func (c *Case) from(origin string) []string {
	page, err := weburl.Parse(c.PageURL, nil)
	if err != nil || page.HasCredentials() || page.Origin() != origin {
		return []string{"--origin", origin}
	}
	return []string{"--page", c.PageURL}
}

// shownCookie is a cookie as people write it, without its value.
func shownCookie(value string) string {
	parts := strings.Split(value, ";")
	for i, part := range parts {
		name, _, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case i > 0 && cookieAttributes[strings.ToLower(name)]:
			parts[i] = strings.TrimSpace(part)
		case name != "":
			parts[i] = name + "=" + Placeholder
		}
	}
	return strings.Join(parts, "; ")
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

// ServerOptions are the options for how servers are reached.
func ServerOptions(s *probe.Settings) (words []string) {
	if s.Insecure {
		words = append(words, "-k")
	}
	if s.CAFile != "" {
		words = append(words, "--cacert", s.CAFile)
	}
	if s.HTTP1 {
		words = append(words, "--http1.1")
	}
	if s.HTTP2 {
		words = append(words, "--http2")
	}
	for _, m := range s.ConnectTo {
		words = append(words, "--connect-to", m)
	}
	for _, m := range s.Resolve {
		words = append(words, "--resolve", m)
	}
	return words
}

// Command returns the command line that makes the request of a case at a URL, for a
// page of an origin.
func (c *Case) Command(url, origin string) string {
	return shell.Command(append(c.words(url, origin), ServerOptions(&c.Servers)...))
}
