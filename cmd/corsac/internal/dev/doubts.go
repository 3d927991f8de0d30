package dev

import (
	"context"
	"net/url"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/devroute"
	"github.com/corsac-dev/corsac/origin"
)

// doubt is something in the settings that is allowed, and hardly ever meant.
type doubt struct {
	text string
	args []any // of the log
}

// doubts returns what to warn of about the paths in the addresses of servers.
func (s *Settings) doubts() (all []doubt) {
	for i := range s.Proxy.Routes {
		r := &s.Proxy.Routes[i]
		if path := strings.TrimRight(r.Path, "/"); path != "" && !r.StripPrefix && strings.HasSuffix(basePath(r.Upstream), path) {
			all = append(all, doubt{
				"the API gets its path twice: from its address, and from each request",
				[]any{"path", r.Path, "server_gets", basePath(r.Upstream) + path + "/...", "fix", "leave the path out of the address, or add strip-prefix"},
			})
		}
	}
	web := s.Proxy.Web
	if web == nil || strings.Trim(web.Path, "/") == "" {
		return all
	}
	bare := (&url.URL{Scheme: web.Scheme, Host: web.Host}).String()
	d := doubt{"the page's server gets the path of its address before every path that the browser asks for", []any{"path", web.Path, "fix", "if its pages are there already, name it as " + bare}}
	if !s.Proxy.ServeWeb {
		d = doubt{"the path of the page's address means nothing: the page stays where it is, and CORS is about its origin", []any{"path", web.Path, "fix", "name it as " + bare}}
	}
	return append(all, d)
}

// warn logs the doubts about settings.
func (r *Runner) warn(s *Settings) {
	r.warnOfHosts(s)
	for _, d := range s.doubts() {
		r.Log.Warn(d.text, d.args...)
	}
}

// basePath returns the path of a server's URL, which may have {name}s, without its
// final slash.
func basePath(upstream string) string {
	_, rest, _ := strings.Cut(upstream, "://")
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		return strings.TrimRight(rest[i:], "/")
	}
	return ""
}

// serverGets says what path the server of a route gets if that is neither what the
// browser asks for, nor that without the prefix.
func serverGets(r *devroute.Route) string {
	base := basePath(r.Upstream)
	if base == "" {
		return ""
	}
	if path := strings.TrimRight(r.Path, "/"); !r.StripPrefix && path != "" {
		return "which gets " + base + path + "/..."
	}
	return "which gets " + base + "/..."
}

// warnOfOther logs if the command says that it listens elsewhere than the settings
// have the page's server.
func (c *Command) warnOfOther(ctx context.Context, web *url.URL) {
	said, err := c.Address(ctx)
	if err != nil || c.Log == nil {
		return
	}
	a, errA := origin.ParseURL(said.String())
	b, errB := origin.ParseURL(web.String())
	if errA == nil && errB == nil && a.Port() != b.Port() {
		c.Log.Warn("the command listens elsewhere than the page's server is said to be, which is where requests go",
			"command", a.String(), "web", b.String(), "fix", "leave out --web, or correct it")
	}
}
