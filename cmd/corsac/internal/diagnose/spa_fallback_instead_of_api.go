package diagnose

import (
	"net/http"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
	"github.com/corsac-dev/corsac/fetch"
	"github.com/corsac-dev/corsac/fetch/cause"
	"github.com/corsac-dev/corsac/internal/protocol"
)

var _ = register(&Cause{
	Slug: "spa-fallback-instead-of-api", Side: cause.Page,
	Title: "A front end's server responds with its start page, not the API",
	When:  "The response to a request from script is an HTML page, and any other path of the server gets the same page.",
	Why:   "Servers of single-page applications respond to every unknown URL with their start page. The request reached such a server: the URL has its port or host, or is relative to the page.",
	Fix:   "Call the API's own host and port instead of {server}; or let the development server forward the path to the API (server.proxy in Vite, devServer.proxy in webpack), so that no CORS is needed.",
	Example: &Scenario{
		Server: write(http.StatusOK, "text/html", viteStart), Request: fetch.Request{URL: "{server}/api/items"},
	},
	Fixed: &Scenario{Server: working},
	rules: []rule{
		{rank: wrongServer, of: []string{
			"html-instead-of-json", "no-cors-headers", "preflight-answered-by-html-page", "preflight-not-routed", "preflight-without-cors-headers", "cached-response-without-cors", "origin-not-allowed",
		}, find: func(s *scene) *shown {
			if s.says(startPage...) == "" && !s.preflight() && !protocol.IsHTML(s.answer("Content-Type")) {
				return nil
			}
			if s.preflight() && !protocol.IsHTML(s.answer("Content-Type")) && !s.status(404, 405) {
				return nil
			}
			return s.sameEverywhere()
		}},
		{rank: wrongServer, find: func(s *scene) *shown {
			if s.url.Path == "/" { // what was asked for
				return nil
			}
			if !s.isScript() || s.v.Response == nil || s.v.Response.Type != fetch.TypeCORS || !protocol.IsHTML(s.answer("Content-Type")) || s.says(startPage...) == "" {
				return nil
			}
			f := s.sameEverywhere()
			if f != nil {
				f.severity, f.confidence = finding.Warning, finding.Likely
			}
			return f
		}},
	},
})

const viteStart = `<!doctype html><script type="module" src="/@vite/client"></script><div id="root"></div>`

// sameEverywhere finds that the URL and one that does not exist get the same page.
func (s *scene) sameEverywhere() *shown {
	page := s.body
	if s.preflight() || s.v.Request.Method != http.MethodGet {
		r := s.actual()
		if !r.success() || !r.isHTML() {
			return nil
		}
		page = string(r.Body)
	}
	r := s.nowhere()
	if !r.success() || !r.isHTML() {
		return nil
	}
	switch known := contains(page, startPage...) != ""; {
	case known:
		return by(r)
	case string(r.Body) == page: // a login page may be everywhere, too
		return by(r).likely()
	}
	return nil
}

// startPage are parts of the start pages of front-end applications.
var startPage = []string{
	`<div id="root">`, `<div id=root>`, `<div id="app">`, `<div id=app>`, `<div id="__next">`, `<div id="__nuxt">`, `<app-root`, `<div id="svelte">`, `/@vite/client`,
	`data-sveltekit`, `webpackHotUpdate`, `<script defer="defer" src="/static/js/`, `<script type="module"`, `You need to enable JavaScript to run this app`, `<base href="/"`,
}
